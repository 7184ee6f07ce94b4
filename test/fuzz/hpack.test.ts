// What our HPACK writes Go's reads, and the other way round.
import { expect, test } from "vitest";
import { compareHpack } from "./hpack.ts";

test("1,000 random blocks mean the same to Go's x/net, written by either", { timeout: 600_000 }, async () => {
  const { fields, differences } = await compareHpack(1_000, 16);
  expect(differences).toEqual([]);
  expect(fields).toBeGreaterThan(1_000);
});
