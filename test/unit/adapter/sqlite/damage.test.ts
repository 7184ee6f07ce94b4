/** A damaged page: a ping and the writer's probe ask it again until it is whole, and then no more. */

import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { classify } from "../../../../src/adapter/sqlite/failure.ts";
import type { Answer, Job } from "../../../../src/adapter/sqlite/writing/job.ts";
import { createWriter } from "../../../../src/adapter/sqlite/writing/writer.ts";
import type { Mutation } from "../../../../src/model/mutation.ts";
import type { EntityRecord } from "../../../../src/model/value.ts";
import {
  anyCall,
  createOf,
  entity,
  openStore,
  putOf,
  readOne,
  recordWith,
  temporaryDirectory,
  writeAll,
} from "./store.ts";

const composite = entity("test.v1.Composite");
const NOTE = "stands in the page that is damaged";
const record = (number: bigint, note: string): EntityRecord =>
  recordWith(composite, { tenant: "t", shard: 1n, number, at: 0n, name: "n", note });
const lost = record(0n, NOTE); // the last of its table, since numbers go from large to small

interface DamagedFile {
  readonly dataDir: string;
  readonly path: string;
  /** Makes the page what it was, in the same file. */
  readonly repair: () => void;
}

/** A file of many pages, of which the one with the lost row is no page any more. Nobody has it open. */
async function damagedFile(): Promise<DamagedFile> {
  const dataDir = temporaryDirectory();
  const path = join(dataDir, "test.db");
  const store = await openStore([composite], { dataDir });
  const others = Array.from({ length: 100 }, (_, i) => createOf(composite, record(BigInt(i + 1), "x".repeat(400))));
  await writeAll(store, [createOf(composite, lost), ...others]);
  await store.close();
  const whole = readFileSync(path);
  const size = whole.readUInt16BE(16); // https://sqlite.org/fileformat.html#page_size
  const start = Math.floor(whole.indexOf(NOTE) / size) * size;
  const page = whole.subarray(start, start + size);
  const put = (bytes: Buffer): void => {
    const file = openSync(path, "r+");
    writeSync(file, bytes, 0, size, start);
    closeSync(file);
  };
  put(Buffer.alloc(size, 0xa5));
  return { dataDir, path, repair: () => put(page) };
}

describe("a ping", () => {
  it("fails while a page that a read found damaged is so, though nothing else is wrong with the file", async () => {
    const { dataDir, repair } = await damagedFile();
    const store = await openStore([composite], { dataDir });
    const reason = (asked: Promise<unknown>): Promise<unknown> =>
      asked.catch((error: unknown) => store.classify(error).reason);
    expect(await reason(store.ping(anyCall()))).toBeUndefined(); // nobody has met it yet
    expect(await reason(readOne(store, composite, lost))).toBe("STORE_CORRUPT");
    expect(await reason(store.ping(anyCall()))).toBe("STORE_CORRUPT");
    expect(await reason(store.ping(anyCall()))).toBe("STORE_CORRUPT");
    repair();
    expect(await reason(store.ping(anyCall()))).toBeUndefined();
    expect(await readOne(store, composite, lost)).toEqual(lost);
    await store.close();
  });
});

describe("a probe of the writer", () => {
  it("asks a damaged page again until it is whole, and then no more", async () => {
    const { path, repair } = await damagedFile();
    const options = { store: "default", path, tables: "auto", busyTimeout: 1_000, entities: [composite] } as const;
    const writer = createWriter(DatabaseSync, options);
    const write: Job = {
      kind: "write",
      mutations: [putOf(composite, lost)],
      atomic: false,
      returning: false,
      request: undefined,
    };
    const answerTo = (job: Job): unknown => {
      const answer: Answer | undefined = writer.run([job])[0];
      return answer?.kind === "failed" ? classify(answer.error).reason : answer?.kind;
    };
    expect(answerTo({ kind: "probe" })).toBe("probe"); // nobody has met it yet
    expect(answerTo(write)).toBe("STORE_CORRUPT");
    expect(answerTo({ kind: "probe" })).toBe("STORE_CORRUPT");
    expect(answerTo({ kind: "probe" })).toBe("STORE_CORRUPT");
    repair();
    expect(answerTo({ kind: "probe" })).toBe("probe");
    // What failed then cannot even be asked now; a probe that still asked it would fail for good.
    writer.connection().exec(`ALTER TABLE "${composite.table}" RENAME TO "former"`);
    expect(answerTo({ kind: "probe" })).toBe("probe");
    writer.close();
  });
});

describe("a group of writes", () => {
  it("of which one meets a damaged page is tried job by job", async () => {
    const { path } = await damagedFile();
    const options = { store: "default", path, tables: "auto", busyTimeout: 1_000, entities: [composite] } as const;
    const writer = createWriter(DatabaseSync, options);
    const write = (mutation: Mutation): Job => ({
      kind: "write",
      mutations: [mutation],
      atomic: false,
      returning: false,
      request: undefined,
    });
    const answers = writer.run([
      write(createOf(composite, record(201n, "before"))),
      write(putOf(composite, lost)),
      write(createOf(composite, record(202n, "after"))),
    ]);
    const applied = { kind: "write", result: { outcomes: [{ status: "applied" }] } };
    expect(answers).toMatchObject([applied, { kind: "failed" }, applied]);
    expect(answers[1]?.kind === "failed" && classify(answers[1].error).reason).toBe("STORE_CORRUPT");
    writer.close();
  });
});
