/** What a failure keeps of what led to it, and what is said of where it happened. */

import { expect, test } from "vitest";
import { Fault } from "../../../src/model/fault.ts";

test("a cause is kept, and where there is none nothing is said of one", () => {
  const cause = new Error("the vendor's");
  expect(new Fault("INTERNAL", "failed", { cause }).cause).toBe(cause);
  expect(new Fault("INTERNAL", "failed", { cause }).within({ store: "main" }).cause).toBe(cause);
  expect("cause" in new Fault("INTERNAL", "failed")).toBe(false);
});

test("what is already said of where it happened is kept", () => {
  const fault = new Fault("INTERNAL", "failed", { store: "first" }).within({ store: "second", entity: "test.Sample" });
  expect(fault.detail).toEqual({ store: "first", entity: "test.Sample" });
});
