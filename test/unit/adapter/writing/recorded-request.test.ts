/** A request_id that is met again: whose it is, and until when. */

import { expect, test } from "vitest";
import { forgottenAt, recallKept } from "../../../../src/adapter/writing/recorded-request.ts";

const HOUR = 3_600_000_000_000n;
const digest = Uint8Array.of(1, 2);
const request = { id: "r", digest, now: 100n * HOUR };
const kept = (at: bigint, own = digest) => ({ at, digest: own, outcomes: () => ["first"] });

test("an equal request has the first outcomes for 24 hours, and is new from then on", () => {
  expect(recallKept(request, kept(76n * HOUR + 1n))).toEqual({ kind: "replayed", outcomes: ["first"] });
  expect(recallKept(request, kept(76n * HOUR))).toBeUndefined();
  expect(forgottenAt(request.now)).toBe(76n * HOUR);
  expect(recallKept(request, undefined)).toBeUndefined();
});

test("another request under the id is told so, and asks for no outcomes", () => {
  const outcomes = (): never => {
    throw new Error("asked");
  };
  expect(recallKept(request, { ...kept(99n * HOUR, Uint8Array.of(1, 3)), outcomes })).toEqual({ kind: "reused" });
});
