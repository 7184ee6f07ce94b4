// The table is whole: every row is there, and is tested or says what it waits for.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { KNOWN_FAILURES } from "./known-failures.ts";
import { LAST_ROW, rowOf, TABLE } from "./table.ts";

const here = new URL(".", import.meta.url);
const numbers = Object.keys(TABLE).map(Number);

/** What the list of known failures may hold at most. It only goes down. */
const MOST_KNOWN_FAILURES = 4;

test("every row is there, once", () => {
  expect(numbers).toEqual(Array.from({ length: LAST_ROW }, (_, i) => i + 1));
});

test.each(numbers)("row %i has facts, or says what it waits for, and names files that are there", (number) => {
  const { input, files, facts, waits } = rowOf(number);
  expect(input).not.toBe("");
  expect(Object.keys(facts).length > 0 || waits !== undefined).toBe(true);
  expect(files.length > 0).toBe(Object.keys(facts).length > 0);
  for (const file of files) expect([file, existsSync(new URL(file, here))]).toEqual([file, true]);
});

test("every fact of the table stands in exactly one of its row's files, and every fact of a file in the table", () => {
  const promised = numbers.flatMap((number) => Object.keys(rowOf(number).facts).map((name) => `${number}: ${name}`));
  const kept = readdirSync(here, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .flatMap(factsIn);
  expect(kept.map(({ fact }) => fact).toSorted()).toEqual(promised.toSorted());
  for (const { row, file } of kept) expect([row, rowOf(row).files.includes(file)]).toEqual([row, true]);
});

test("every file a row names holds a fact of it", () => {
  for (const number of numbers)
    for (const file of rowOf(number).files)
      expect([number, file, factsIn(file).some(({ row }) => row === number)]).toEqual([number, file, true]);
});

test("known failures are of facts in the table, and do not grow", () => {
  for (const { row, fact } of KNOWN_FAILURES) expect(Object.keys(rowOf(row).facts)).toContain(fact);
  expect(KNOWN_FAILURES.length).toBe(MOST_KNOWN_FAILURES);
});

/** Facts as a test file declares them: a row and a name begin the arguments. */
function factsIn(file: string): { readonly row: number; readonly fact: string; readonly file: string }[] {
  const source = readFileSync(new URL(file, here), "utf8");
  return Array.from(source.matchAll(/\b(?:fact|declare|starts|refuses)\(\s*(\d+),\s*"([^"]+)"/g), ([, row, name]) => ({
    row: Number(row),
    fact: `${row}: ${name}`,
    file,
  }));
}
