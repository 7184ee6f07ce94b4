/** Outcomes that are remembered: read by the same entity, and by one that has changed since. */

import { expect, it } from "vitest";
import { DocumentError } from "../../../../src/adapter/document/json.ts";
import {
  keptRequestOf,
  outcomesOf,
  outcomesText,
  requestText,
} from "../../../../src/adapter/document/recorded-outcomes.ts";
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

it("say what of them was trimmed, missing, counted or found", () => {
  const entities = [entity(int32), entity(int32), undefined, undefined];
  const outcomes = [
    { status: "applied", created: false, found: true, record: ["a", undefined], trimmed: true },
    { status: "found", record: ["a", 7] },
    { status: "missing" },
    { status: "counted", count: 3 },
  ] as const;
  expect(outcomesOf(outcomesText(outcomes, entities), entities)).toEqual(outcomes);
});

it("are of a request, with its time and digest", () => {
  const digest = new Uint8Array(32).fill(7);
  const request = { id: "r", digest, now: 5n };
  const kept = keptRequestOf(requestText(request, [{ status: "missing" }], [undefined]), [undefined]);
  expect([kept.at, Buffer.from(kept.digest), kept.outcomes()]).toEqual([
    5n,
    Buffer.from(digest),
    [{ status: "missing" }],
  ]);
  const hexadecimal = JSON.stringify({ at: "5", digest: Buffer.from(digest).toString("hex"), outcomes: "[]" });
  expect(Buffer.from(keptRequestOf(hexadecimal, []).digest)).toEqual(Buffer.from(digest));
  expect(() => keptRequestOf("{}", [])).toThrow(DocumentError);
});

it("are refused where a field has another type since", () => {
  expect(() => outcomesOf(recorded, [entity(text)])).toThrow(/another type of a field/u);
});
