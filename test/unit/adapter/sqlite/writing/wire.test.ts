/** What crosses to the writer's thread and back is what was said: every job and answer, cloned as a message is. */

import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StepOutcome } from "../../../../../src/adapter/adapter.ts";
import { classify, SqliteFailure } from "../../../../../src/adapter/sqlite/failure.ts";
import type { Answer, ExecuteJob, Job, WriteJob } from "../../../../../src/adapter/sqlite/writing/job.ts";
import { fromWireAnswer, toWireAnswer } from "../../../../../src/adapter/sqlite/writing/wire-answer.ts";
import { fromWire, toWire } from "../../../../../src/adapter/sqlite/writing/wire-job.ts";
import { numbered } from "../../../../../src/adapter/sqlite/writing/wire-mutation.ts";
import { createWriter } from "../../../../../src/adapter/sqlite/writing/writer.ts";
import { DocumentError } from "../../../../../src/adapter/document/json.ts";
import { Fault } from "../../../../../src/model/fault.ts";
import type { Mutation } from "../../../../../src/model/mutation.ts";
import { anyAnswer, anyExecute, anyMutation, anyWrite, ENTITIES } from "./jobs.ts";
import { createOf, entity, NOW, putOf, recordWith } from "../store.ts";

const numbers = numbered(ENTITIES);
const [everything] = ENTITIES;

const crossed = (job: Job): Job => fromWire(structuredClone(toWire(job, numbers)), numbers);
const answered = (job: Job, answer: Answer): Answer =>
  fromWireAnswer(job, structuredClone(toWireAnswer(job, answer, numbers)), numbers);

const write = (mutation: Mutation, change: Partial<WriteJob> = {}): WriteJob => ({
  kind: "write",
  mutations: [mutation],
  atomic: false,
  returning: true,
  request: undefined,
  ...change,
});

/** Errors lose their class's identity and their cause on the way, and keep what they mean. */
function told(answer: Answer): unknown {
  if (answer.kind === "failed") return { ...answer, error: meaning(answer.error) };
  if ((answer.kind !== "write" && answer.kind !== "execute") || answer.result.kind === "reused") return answer;
  const outcomes: readonly StepOutcome[] = answer.result.outcomes;
  const plain = outcomes.map((item) => (item.status === "failed" ? { ...item, error: meaning(item.error) } : item));
  return { ...answer, result: { ...answer.result, outcomes: plain } };
}

function meaning(error: unknown): unknown {
  const { reason, detail } = classify(error);
  return { reason, entity: detail.entity, constraint: detail.constraint, neverResend: detail.neverResend };
}

describe("a job crosses whole", () => {
  it("a mutation of every kind by itself", () => {
    fc.assert(
      fc.property(anyMutation, (mutation) => {
        expect(crossed(write(mutation))).toStrictEqual(write(mutation));
      }),
    );
  });

  it("writes: mixed batches, atomic or not, recorded or not", () => {
    fc.assert(
      fc.property(anyWrite, (job) => {
        expect(crossed(job)).toStrictEqual(job);
      }),
    );
  });

  it("executions: reads, counts and writes", () => {
    fc.assert(
      fc.property(anyExecute, (job) => {
        expect(crossed(job)).toStrictEqual(job);
      }),
    );
  });

  it("all others", () => {
    const others: readonly Job[] = [
      { kind: "sweep", now: NOW, limit: 3 },
      { kind: "probe" },
      { kind: "verify" },
      { kind: "apply" },
    ];
    for (const job of others) expect(crossed(job)).toStrictEqual(job);
  });

  it("a Create whose key is not its record's", () => {
    const create = createOf(everything, recordWith(everything, { id: "one" }));
    for (const key of [["another"], ["one", "more"], []]) {
      expect(crossed(write({ ...create, key }))).toStrictEqual(write({ ...create, key }));
    }
  });

  it("a Create by itself takes no more than its record, its entity and its moment", () => {
    const record = recordWith(everything, { id: "one" });
    expect(toWire(write(createOf(everything, record)), numbers)).toEqual(["create", 0, NOW, record]);
  });
});

describe("an answer crosses whole", () => {
  it("to writes and executions, with outcomes of every kind", () => {
    const pairs = fc.oneof(anyWrite, anyExecute).chain((job) => anyAnswer(job).map((answer) => ({ job, answer })));
    fc.assert(
      fc.property(pairs, ({ job, answer }) => {
        expect(told(answered(job, answer))).toStrictEqual(told(answer));
      }),
    );
  });

  it("to all others", () => {
    const { survey } = createWriter(DatabaseSync, {
      store: "default", path: ":memory:", tables: "auto", busyTimeout: 0, entities: [entity("test.v1.Plain")],
    }); // prettier-ignore
    const others: readonly (readonly [Job, Answer])[] = [
      [
        { kind: "sweep", now: NOW, limit: 3 },
        { kind: "sweep", swept: 3, more: true },
      ],
      [{ kind: "probe" }, { kind: "probe" }],
      [{ kind: "verify" }, { kind: "survey", survey }],
      [{ kind: "apply" }, { kind: "survey", survey }],
    ];
    for (const [job, answer] of others) expect(answered(job, answer)).toStrictEqual(answer);
  });

  it("errors keep what they mean", () => {
    const errors = [
      new SqliteFailure(2067, { entity: "test.v1.Plain", index: "by_name" }),
      new SqliteFailure(1034, { uncertain: true }),
      new DocumentError("a stored value"),
      new Fault("SCHEMA_DRIFT", "the file was replaced", { retryAfter: 1_000 }),
      new TypeError("ours"),
    ];
    for (const error of errors) {
      const answer = answered({ kind: "probe" }, { kind: "failed", error });
      expect(told(answer)).toEqual({ kind: "failed", error: meaning(error) });
    }
  });

  it("that all of it was created as asked is one number, with the rows from the job", () => {
    const records = ["one", "two"].map((id) => recordWith(everything, { id }));
    const mutations = records.map((record) => createOf(everything, record));
    for (const returning of [true, false]) {
      const job: WriteJob = { kind: "write", mutations, atomic: true, returning, request: undefined };
      const outcomes = records.map((record) => ({
        status: "applied" as const,
        created: true,
        found: true,
        ...(returning && { record }),
      }));
      const answer: Answer = { kind: "write", result: { kind: "fresh", outcomes } };
      expect(toWireAnswer(job, answer, numbers)).toBe(1);
      expect(fromWireAnswer(job, 1, numbers)).toStrictEqual(answer);
    }
  });

  it("that a Put created its row is told with the row, also beside Creates", () => {
    const record = recordWith(everything, { id: "one" });
    const put = putOf(everything, record);
    const outcome = { status: "applied" as const, created: true, found: true, record };
    for (const mutations of [[put], [createOf(everything, record), put]]) {
      const job: WriteJob = { kind: "write", mutations, atomic: false, returning: true, request: undefined };
      const answer: Answer = { kind: "write", result: { kind: "fresh", outcomes: mutations.map(() => outcome) } };
      expect(answered(job, answer)).toStrictEqual(answer);
    }
  });

  it("never in short where nothing was written", () => {
    expect(() => fromWireAnswer({ kind: "probe" }, 1, numbers)).toThrow(TypeError);
    const execute: ExecuteJob = { kind: "execute", steps: [], required: [], request: undefined };
    expect(() => fromWireAnswer(execute, 1, numbers)).toThrow(TypeError);
  });
});
