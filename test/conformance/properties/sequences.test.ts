/** The same operations on a strong store, a weak one and one on disk get the same answers, and leave the same rows. */

import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stores, type OpenedSubject } from "../stores.ts";
import { operations, perform, remains, type Operation } from "./operations.ts";

const SEQUENCES = 250;
/** Milliseconds: some of the stores are servers that other tests keep busy too. */
const LIMIT = 600_000;
const compared = [
  "memory",
  "weak memory",
  "partitioned memory",
  "SQLite file",
  "kv",
  "PostgreSQL",
  "MariaDB",
  "TiDB",
  "DynamoDB single table",
].flatMap((name) => stores.find((store) => store.name === name) ?? []);
const names = compared.map(({ name }) => name);

const opened: OpenedSubject[] = [];

beforeAll(async () => {
  for (const store of compared) opened.push(await store.open());
});

afterAll(async () => {
  await Promise.all(opened.map((store) => store.close()));
});

test(
  `${SEQUENCES} sequences of operations are answered alike by ${names.join(", ")}`,
  async () => {
    expect.hasAssertions();
    let runs = 0;
    const agree = async (sequence: readonly Operation[]): Promise<void> => {
      const run = `run${runs++}`;
      for (const operation of sequence) expectAlike(await ask(({ subject }) => perform(subject, operation, run)));
      expectAlike(await ask(({ subject }) => remains(subject, run)));
    };
    await fc.assert(fc.asyncProperty(operations, agree), { numRuns: SEQUENCES });
  },
  LIMIT,
);

function ask(question: (store: OpenedSubject) => Promise<unknown>): Promise<readonly unknown[]> {
  return Promise.all(opened.map(question));
}

function expectAlike([first, ...others]: readonly unknown[]): void {
  for (const [i, answer] of others.entries()) expect(answer, `${names[i + 1]} against ${names[0]}`).toEqual(first);
}
