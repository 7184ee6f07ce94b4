/** A COMMIT that fails, and what fails beside others: what is said of each job, and who is left alone. */

import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { classify, CODE, SqliteFailure } from "../../../../../src/adapter/sqlite/failure.ts";
import type { Job } from "../../../../../src/adapter/sqlite/writing/job.ts";
import { createWriter, type Writer } from "../../../../../src/adapter/sqlite/writing/writer.ts";
import type { RecordedRequest } from "../../../../../src/adapter/adapter.ts";
import { createOf, entity, NOW, recordWith } from "../store.ts";

const plain = entity("test.v1.Plain");
const key = plain.fields[plain.key[0]?.ordinal ?? 0]?.name ?? "";

function writer(): Writer {
  const made = createWriter(DatabaseSync, {
    store: "default",
    path: ":memory:",
    tables: "auto",
    busyTimeout: 1_000,
    entities: [plain],
  });
  onTestFinished(() => made.close());
  return made;
}

const create = (id: string, request?: RecordedRequest): Job => ({
  kind: "write",
  mutations: [createOf(plain, recordWith(plain, { [key]: id }))],
  atomic: false,
  returning: false,
  request,
});

function said(of: Writer, ...jobs: readonly Job[]): readonly unknown[] {
  return of.run(jobs).map((answer) => {
    if (answer.kind === "failed") return classify(answer.error).reason;
    return answer.kind === "write" && answer.result.kind !== "reused" ? answer.result.outcomes[0]?.status : answer.kind;
  });
}

/** Statements that begin so fail with this code, in place of what they do. */
function failing(of: Writer, sql: string, code: number): () => void {
  const connection = of.connection();
  const made = connection.statement.bind(connection);
  const spy = vi.spyOn(connection, "statement").mockImplementation((asked, wide) => {
    const statement = made(asked, wide);
    const fail = (): never => {
      throw new SqliteFailure(code);
    };
    return asked.startsWith(sql) ? { ...statement, run: fail } : statement;
  });
  return () => spy.mockRestore();
}

describe("a COMMIT that fails", () => {
  it.each([
    ["was undone", CODE.ioError, "STORE_UNAVAILABLE"],
    ["was undone, but for what the disk may hold of it", CODE.syncFailed, "WRITE_OUTCOME_UNKNOWN"],
    ["was undone, but for what the disk may hold of its directory", CODE.syncDirectoryFailed, "WRITE_OUTCOME_UNKNOWN"],
    ["met a damaged page, and is not tried job by job", CODE.corrupt, "STORE_CORRUPT"],
  ])("%s", (_, code, reason) => {
    const own = writer();
    const restore = failing(own, "COMMIT", code);
    expect(said(own, create("a"), create("b"))).toEqual([reason, reason]);
    restore();
    expect(said(own, create("a"))).toEqual(["applied"]);
  });
});

describe("within a group", () => {
  it("a write whose outcome cannot be recorded fails alone, and leaves no trace", () => {
    const own = writer();
    const request = { id: "r", digest: Uint8Array.of(1), now: NOW };
    const restore = failing(own, "INSERT OR REPLACE", CODE.tooBig);
    expect(said(own, create("a"), create("b", request), create("c"))).toEqual(["applied", "ROW_TOO_LARGE", "applied"]);
    restore();
    expect(said(own, create("a"), create("b"))).toEqual(["rejected", "applied"]);
  });

  it("what breaks the transaction fails all", () => {
    const own = writer();
    const request = { id: "r", digest: Uint8Array.of(1), now: NOW };
    const restore = failing(own, "INSERT OR REPLACE", CODE.ioError);
    expect(said(own, create("a"), create("b", request))).toEqual(["STORE_UNAVAILABLE", "STORE_UNAVAILABLE"]);
    restore();
    expect(said(own, create("a"), create("b"))).toEqual(["applied", "applied"]);
  });
});
