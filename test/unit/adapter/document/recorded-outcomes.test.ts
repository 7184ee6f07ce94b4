/** Outcomes that are remembered: read by the same entity, and by one that has changed since. */

import { expect, it } from "vitest";
import { outcomesOf, outcomesText } from "../../../../src/adapter/document/recorded-outcomes.ts";
import type { FieldType } from "../../../../src/model/field.ts";
import { entityOf, int32, text } from "../../model/sample.ts";

const entity = (count: FieldType, more: { readonly [name: string]: FieldType } = {}) =>
  entityOf({ fields: { id: text, count, ...more }, key: ["id"] });
const recorded = outcomesText([{ status: "applied", created: true, found: false, record: ["a", 7] }], [entity(int32)]);

it("are what they were, also where a field has come", () => {
  const outcome = { status: "applied", created: true, found: false };
  expect(outcomesOf(recorded, [entity(int32)])).toEqual([{ ...outcome, record: ["a", 7] }]);
  expect(outcomesOf(recorded, [entity(int32, { more: text })])).toEqual([{ ...outcome, record: ["a", 7, undefined] }]);
});

it("are refused where a field has another type since", () => {
  expect(() => outcomesOf(recorded, [entity(text)])).toThrow(/another type of a field/u);
});
