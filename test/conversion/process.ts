/** A process of one version, in this thread: the writer and the point reader of SQLite without the thread between them, because a history opens dozens. */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ConversionProgress, EntityPlan } from "../../src/adapter/schema.ts";
import type { ReadOutcome, WriteOutcome } from "../../src/adapter/adapter.ts";
import { contractHistory } from "../../src/adapter/sqlite/tables/contracts.ts";
import type { Answer, Job } from "../../src/adapter/sqlite/writing/job.ts";
import { createPlaced, type Placed } from "../../src/adapter/sqlite/tables/placed.ts";
import { createPointReader, type PointReader } from "../../src/adapter/sqlite/reading/read.ts";
import { createWriter, type Writer } from "../../src/adapter/sqlite/writing/writer.ts";
import type { Contract } from "../../src/migration/contract.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import type { Key } from "../../src/model/key.ts";
import type { Mutation } from "../../src/model/mutation.ts";

export class Process {
  readonly entity: EntityModel;
  readonly #writer: Writer;
  readonly #placed: Placed;
  readonly #points: PointReader;

  constructor(dataDir: string, entity: EntityModel, tables: "auto" | "off" = "auto") {
    this.entity = entity;
    const path = join(dataDir, "test.db");
    this.#writer = createWriter(DatabaseSync, { store: "default", path, tables, busyTimeout: 2_000, entities: [entity] });
    this.#placed = createPlaced([entity], this.#writer.survey.states);
    this.#points = createPointReader(this.#placed.tableFor);
  } // prettier-ignore

  /** Why it is not served; empty where it is. */
  drift(): readonly string[] {
    return this.#placed.stateOf(this.entity).drift.map(({ what }) => what);
  }

  /** As health does every few seconds. */
  look(): void {
    const answer = this.#run({ kind: "verify" });
    if (answer.kind === "survey") this.#placed.adopt(answer.survey.states);
  }

  write(mutation: Mutation, returning: boolean): WriteOutcome {
    const [outcome] = this.writeAll([mutation], returning);
    return outcome ?? { status: "failed", error: new Error("no outcome") };
  }

  /** In one commit. */
  writeAll(mutations: readonly Mutation[], returning = false): readonly WriteOutcome[] {
    const answer = this.#run({ kind: "write", mutations, atomic: false, returning, request: undefined });
    if (answer.kind === "write" && answer.result.kind === "fresh") return answer.result.outcomes;
    return mutations.map(() => ({ status: "failed", error: failureOf(answer) }));
  }

  read(key: Key): ReadOutcome {
    try {
      const keys = [{ entity: this.entity, key }];
      const [outcome] = this.#points.read(this.#writer.connection(), false, { keys, fields: undefined, consistency: undefined }); // prettier-ignore
      return outcome ?? { status: "missing" };
    } catch (error) {
      return { status: "failed", error };
    }
  }

  plan(): EntityPlan {
    const [plan] = this.plans();
    if (!plan) throw new Error("no plan");
    return plan;
  }

  /** Also those of entities that are not declared any more. */
  plans(): readonly EntityPlan[] {
    const answer = this.#run({ kind: "plan" });
    if (answer.kind !== "plan") throw failureOf(answer);
    return answer.plans;
  }

  convert(accept: readonly string[], rows: number): ConversionProgress {
    const answer = this.#run({ kind: "convert", entity: this.entity.name, accept, rows });
    if (answer.kind !== "convert") throw failureOf(answer);
    return answer.progress;
  }

  /** Most pages that the file may have: what a full disk is to it. SQLite takes no fewer than there are. */
  limitPages(pages: number): void {
    this.#writer.connection().exec(`PRAGMA max_page_count = ${pages}`);
  }

  /** What the store remembers last. */
  contract(): Contract | undefined {
    return contractHistory(this.#writer.connection(), this.entity.name).history.at(-1)?.contract;
  }

  /** Without a word to anybody; what was not committed is gone. */
  close(): void {
    this.#writer.close();
  }

  #run(job: Job): Answer {
    const [answer] = this.#writer.run([job]);
    if (!answer) throw new Error(`no answer to ${job.kind}`);
    return answer;
  }
}

function failureOf(answer: Answer): unknown {
  return answer.kind === "failed" ? answer.error : new Error(`it answered with ${answer.kind}`);
}
