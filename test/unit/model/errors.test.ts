// The page of errors and the list of reasons say the same.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { REASONS } from "../../../src/model/reason.ts";

const page = readFileSync(new URL("../../../src/model/ERRORS.md", import.meta.url), "utf8");
const documented = new Map(
  [...page.matchAll(/^\| ([A-Z_]+) +\| ([A-Z_]+) /gm)].map(([, reason, code]) => [reason, code]),
);

test("every reason has its line, with its code", () => {
  expect(Object.fromEntries(documented)).toEqual(REASONS);
});
