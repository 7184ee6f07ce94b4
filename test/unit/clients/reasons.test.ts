// The client's classes of errors and the sidecar's reasons are one list.
import { PannierError } from "pannier/client";
import { expect, test } from "vitest";
import { REASON_CLASSES } from "../../../clients/typescript/error/reasons.ts";
import { REASONS } from "../../../src/model/reason.ts";

test("every reason has its class, and no class is without a reason", () => {
  expect(Object.keys(REASON_CLASSES)).toEqual(Object.keys(REASONS));
});

test("no two reasons share a class", () => {
  const classes = Object.values(REASON_CLASSES);
  expect(new Set(classes).size).toBe(classes.length);
  for (const found of classes) expect(found.prototype).toBeInstanceOf(PannierError);
});
