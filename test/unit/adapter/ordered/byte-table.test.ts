/** How keys on disk begin, which never changes, and where a sweep ends. */

import { expect, it } from "vitest";
import { createTable, expiryEnd, prefixOf } from "../../../../src/adapter/ordered/byte-table.ts";
import { termBytes } from "../../../../src/adapter/ordered/key-bytes.ts";
import { double, entityOf, text, timestamp } from "../../model/sample.ts";

it("each kind of key has a number of its own, as files have it", () => {
  const kinds = ["row", "index", "unique", "expiry", "request", "requestAge"] as const;
  expect(kinds.map((kind) => prefixOf(kind, 0x01020304).toString("hex"))).toEqual(
    ["01", "02", "03", "04", "05", "06"].map((tag) => `${tag}01020304`),
  );
});

it.each([
  [0, "8000000000000000"],
  [1.5, "bff8000000000000"],
  [-1.5, "4007ffffffffffff"],
])("a double %d lies as files have it", (value, bytes) => {
  expect(Buffer.from(termBytes(double, value, false)).toString("hex")).toBe(`02${bytes}`);
});

it("a sweep takes what expires now, and not what expires a nanosecond later", () => {
  const entity = entityOf({ fields: { id: text, expires_at: timestamp }, key: ["id"], managed: { expiresAt: "expires_at" } }); // prettier-ignore
  const layout = { id: 7, indexes: new Map<string, number>() };
  const table = createTable(entity, layout);
  const now = 1_767_225_600_000_000_000n;
  const isSwept = (at: bigint): boolean => {
    const [entry] = table.entriesOf(["a", at]);
    return Buffer.compare(entry?.key ?? Buffer.alloc(0), expiryEnd(entity, layout, now)) < 0;
  };
  expect([now - 1n, now, now + 1n].map(isSwept)).toEqual([true, true, false]);
});
