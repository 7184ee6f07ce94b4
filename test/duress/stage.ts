// A served process with two stores, one of them in trouble: what is asked of it, what was acknowledged, what health says.
import type { JsonObject } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { ask, numberOf, objectOf, objects, part } from "../integration/ask.ts";
import { startSidecar, testEntities, type Outcome, type Sidecar } from "../integration/sidecar.ts";

export const plains = "test.v1.PlainRepository";
export const accounts = "test.v1.AccountRepository";
const tickets = "test.v1.TicketRepository";

/** Health names that follow the store in trouble, and those that do not. */
const troubled = ["store.default", plains, accounts, "readiness"];
const untroubled = ["store.other", tickets, "liveness", ""];

export interface StageOptions {
  /** Absolute path of the database file; in the stage's directory when absent. */
  readonly file?: string;
  /** Milliseconds that a write waits for another process. */
  readonly busyTimeout?: number;
  readonly environment?: { readonly [name: string]: string };
  readonly dataDir?: string;
  /** What is served; the entities of the tests when absent. */
  readonly descriptors?: string;
  /** What is run for a sidecar in the directory; this checkout when absent. */
  readonly command?: (directory: string) => readonly string[];
}

/** Rows are Plain: `count` says what was acknowledged last. */
export class Stage {
  readonly directory: string;
  readonly file: string;
  readonly acknowledged: Map<string, number> = new Map();
  /** Codes and reasons of everything that failed. */
  readonly seen: Set<string> = new Set();
  sidecar: Sidecar;
  readonly #options: StageOptions;
  #number = 0;

  private constructor(directory: string, file: string, sidecar: Sidecar, options: StageOptions) {
    this.directory = directory;
    this.file = file;
    this.sidecar = sidecar;
    this.#options = options;
  }

  static async open(options: StageOptions = {}): Promise<Stage> {
    const directory = await mkdtemp(join(tmpdir(), "pannier-duress-"));
    const file = options.file ?? join(directory, "main.db");
    const sidecar = await serve(directory, file, options);
    return new Stage(directory, file, sidecar, options);
  }

  /** What a scenario that failed has left running. */
  static endAll(): void {
    for (const { process } of running) process.kill("SIGKILL");
    running.clear();
  }

  /** Puts a row, and answers whether it was acknowledged. What fails otherwise than surely is forgotten. */
  async put(id: string, bytes = 100): Promise<Outcome> {
    const count = (this.#number += 1);
    const data = Buffer.alloc(bytes, count).toString("base64");
    const outcome = await this.sidecar.call(
      `${plains}/Put`,
      { entity: { id, data, count: String(count) } },
      { timeout: 20_000 },
    );
    if (outcome.ok) this.acknowledged.set(id, count);
    else this.note(outcome);
    return outcome;
  }

  async get(id: string): Promise<Outcome> {
    const outcome = await this.sidecar.call(`${plains}/Get`, { key: { id } });
    if (!outcome.ok && outcome.reason !== "ROW_NOT_FOUND") this.note(outcome);
    return outcome;
  }

  note(outcome: Outcome): void {
    if (outcome.ok) return;
    this.seen.add(`${outcome.code} ${outcome.reason}`);
    const text = JSON.stringify([outcome.message, outcome.info, outcome.trailers.getMap()]);
    assert.ok(!text.includes(this.directory) && !text.includes("main.db"), `a status names a file: ${text}`);
  }

  saw(): string {
    return [...this.seen].sort().join(", ") || "nothing";
  }

  /** Waits until health says it of the store in trouble; everything else serves all the time. Answers in how many milliseconds. */
  async healthIs(serving: boolean, within = 8_000): Promise<number> {
    const started = performance.now();
    for (;;) {
      const wrong = (await this.#statuses(troubled)).filter((status) => (status === "SERVING") !== serving);
      if (wrong.length === 0) break;
      assert.ok(performance.now() - started < within, `health has not become ${serving ? "" : "NOT_"}SERVING`);
      await setTimeout(20);
    }
    assert.deepEqual(new Set(await this.#statuses(untroubled)), new Set(["SERVING"]));
    return Math.round(performance.now() - started);
  }

  async #statuses(names: readonly string[]): Promise<readonly unknown[]> {
    const { statuses } = await ask(this.sidecar, "grpc.health.v1.Health/List", {});
    return names.map((name) => part(statuses, name, "status"));
  }

  /** Asserts that every acknowledged row is there as it was acknowledged; answers how many. */
  async nothingLost(sidecar: Sidecar = this.sidecar): Promise<number> {
    const ids = [...this.acknowledged.keys()];
    for (let at = 0; at < ids.length; at += 100) {
      const some = ids.slice(at, at + 100);
      const request = { keys: some.map((id) => ({ id })), readMask: "id,count" };
      const results = objects(await ask(sidecar, `${plains}/BatchGet`, request), "results");
      for (const [i, id] of some.entries())
        assert.equal(numberOf(part(results[i], "entity", "count")), this.acknowledged.get(id), `lost: ${id}`);
    }
    return ids.length;
  }

  async isAbsent(id: string): Promise<void> {
    const outcome = await this.get(id);
    assert.equal(!outcome.ok && outcome.reason, "ROW_NOT_FOUND", `${id} was refused, and is there`);
  }

  async stop(): Promise<void> {
    this.sidecar.client.close();
    assert.equal(await this.sidecar.stop(), 0);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.begin();
  }

  /** After `stop`. */
  async begin(): Promise<void> {
    this.sidecar = await serve(this.directory, this.file, this.#options);
  }

  /** Stops it, and has SQLite look at the file. */
  async close(): Promise<void> {
    await this.stop();
    assert.equal(integrityOf(this.file), "ok");
    await rm(this.directory, { recursive: true, force: true });
  }
}

const running = new Set<Sidecar>();

export async function serve(directory: string, file: string, options: StageOptions = {}): Promise<Sidecar> {
  const yaml = JSON.stringify({
    ...(options.dataDir === undefined ? {} : { data_dir: options.dataDir }),
    stores: {
      default: { url: `sqlite:${file}`, scans: "allow", options: { busy_timeout_ms: options.busyTimeout ?? 3_000 } },
      other: { url: "memory:" },
    },
    entities: { "test.v1.Ticket": { store: "other" } },
  });
  const environment = { PANNIER_OPERATIONS_LISTEN: "127.0.0.1:0", ...options.environment };
  const { descriptors = testEntities } = options;
  const command = options.command?.(directory);
  const sidecar = await startSidecar({ directory, descriptors, yaml, environment, ...(command && { command }) });
  running.add(sidecar);
  sidecar.process.once("exit", () => running.delete(sidecar));
  return sidecar;
}

export function integrityOf(file: string): unknown {
  const database = new DatabaseSync(file);
  const row = database.prepare("PRAGMA integrity_check").get();
  database.close();
  return row?.["integrity_check"];
}

/** What a call failed with, or "0". */
export function statusOf(outcome: Outcome): string {
  return outcome.ok ? "0" : `${outcome.code} ${outcome.reason}`;
}

export function entityOf(outcome: Outcome): JsonObject {
  assert.ok(outcome.ok, statusOf(outcome));
  return objectOf(part(outcome.json, "entity"));
}
