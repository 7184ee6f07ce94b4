// What counts as a caller's place in a trace.
import { expect, test } from "vitest";
import { parseTraceparent } from "../../../src/telemetry/traceparent.ts";

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const span = "00f067aa0ba902b7";

test("a header of version 00, and of later versions whatever follows", () => {
  expect(parseTraceparent(`00-${trace}-${span}-01`)).toEqual({ traceId: trace, spanId: span, flags: 1 });
  expect(parseTraceparent(`00-${trace}-${span}-02`)?.flags).toBe(0);
  expect(parseTraceparent(`01-${trace}-${span}-01-more`)?.traceId).toBe(trace);
});

test.each([
  undefined,
  "",
  "00",
  `ff-${trace}-${span}-01`,
  `00-${trace}-${span}-01-more`,
  `00-${"0".repeat(32)}-${span}-01`,
  `00-${trace}-${"0".repeat(16)}-01`,
  `00-${trace.toUpperCase()}-${span}-01`,
  `00-${trace}-${span}-01\n`,
])("%j is none", (text) => {
  expect(parseTraceparent(text)).toBeUndefined();
});
