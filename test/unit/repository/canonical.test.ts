/** Digests: equal for equal data however it is put together, different for different data. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/repository/canonical.ts";
import { decodePosition, encodePosition } from "../../../src/repository/pages/page-position.ts";

const same = (a: unknown, b: unknown): boolean => Buffer.compare(digestOf(a), digestOf(b)) === 0;

describe("a digest", () => {
  it("does not see the order of names and map entries, nor absent properties", () => {
    const a = {
      x: 1,
      y: new Map([
        ["k", 1n],
        ["l", 2n],
      ]),
      z: undefined,
    };
    const b = {
      y: new Map([
        ["l", 2n],
        ["k", 1n],
      ]),
      x: 1,
    };
    expect(same(a, b)).toBe(true);
  });

  it("is the same in every version: tokens and recorded requests outlive a sidecar", () => {
    const map = new Map([
      ["y", 1n],
      ["x", 2n],
    ]);
    const fields = {
      b: undefined,
      a: [1, -2.5, 3n, true, false, undefined],
      c: Uint8Array.of(0, 255, 115),
      d: "ä😀\ud800",
    };
    const digest = Buffer.from(digestOf(["List", fields, map])).toString("hex");
    expect(digest).toBe("f9720a4df5dcc9558d0e410bad609a6c6d431c6b4e46427fbe6460330c340c2f");
  });

  it.each([
    [1, 1n],
    ["1", 1],
    [["a", "b"], ["ab"]],
    [[["a"], "b"], [["a", "b"]]],
    [{ a: ["b"] }, { a: "b" }],
    [[undefined], []],
    [Uint8Array.of(97), "a"],
    [false, 0],
    [new Map([["a", "b"]]), { a: "b" }],
  ])("tells %o from %o", (a, b) => {
    expect(same(a, b)).toBe(false);
  });

  it("is equal exactly when lists are", () => {
    const data = fc.array(fc.oneof(fc.string(), fc.integer(), fc.array(fc.string())), { maxLength: 4 });
    fc.assert(
      fc.property(data, data, (a, b) => {
        expect(same(a, b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});

it("a position is read as it was written", () => {
  const positions = fc.record({
    path: fc.string(),
    cursor: fc.option(fc.uint8Array(), { nil: undefined }),
    skip: fc.nat(),
    index: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    page: fc.nat(),
    done: fc.boolean(),
  });
  fc.assert(
    fc.property(positions, (position) => {
      expect(decodePosition(encodePosition(position))).toEqual(position);
    }),
  );
  expect(decodePosition(Uint8Array.of(1, 2))).toBeUndefined();
});
