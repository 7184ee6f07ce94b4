/** Normal form, presence and projections. */

import { expect, test } from "vitest";
import { emptyRecord, isPresent, isZero, normalise, project } from "../../../src/model/record.ts";
import { isVisible } from "../../../src/model/visibility.ts";
import { bytes, entityOf, int64, list, map, ordinalOf, set, sparseOf, text, timestamp } from "./sample.ts";

const inner = entityOf({ fields: { n: { type: int64, plain: true }, tags: list(text) }, key: ["n"] }).message;
const entity = entityOf({
  fields: {
    id: text,
    n: { type: int64, plain: true },
    blob: { type: bytes, plain: true },
    note: text,
    tags: set(text),
    labels: map(text),
    inner: { type: { kind: "message", message: inner } },
    inners: { type: { kind: "list", element: { kind: "message", message: inner }, set: false } },
    deleted_at: timestamp,
    expires_at: timestamp,
  },
  key: ["id"],
  managed: { deletedAt: "deleted_at", expiresAt: "expires_at" },
});
const at = (name: string): number => ordinalOf(entity, name);

test("normal form fills what cannot be absent, at every depth", () => {
  const record = normalise(
    entity.message,
    sparseOf(entity, { id: "a", tags: ["x", "y", "x"], inner: [], inners: [[5n]] }),
  );
  expect(record).toHaveLength(entity.fields.length);
  expect(record[at("n")]).toBe(0n);
  expect(record[at("blob")]).toEqual(new Uint8Array(0));
  expect(record[at("note")]).toBeUndefined();
  expect(record[at("tags")]).toEqual(["x", "y"]);
  expect(record[at("labels")]).toEqual(new Map());
  expect(record[at("inner")]).toEqual([0n, []]);
  expect(record[at("inners")]).toEqual([[5n, []]]);
});

test("normal form is its own normal form", () => {
  const once = normalise(entity.message, sparseOf(entity, { id: "a", inner: [3n] }));
  expect(normalise(entity.message, once)).toEqual(once);
  expect(emptyRecord(entity.message)).toEqual(normalise(entity.message, []));
});

test("a zero is present only where presence can be told", () => {
  const field = (name: string) => entity.fields[at(name)]!;
  expect(isPresent(field("note"), "")).toBe(true);
  expect(isPresent(field("note"), undefined)).toBe(false);
  expect(isPresent(field("n"), 0n)).toBe(false);
  expect(isPresent(field("n"), 1n)).toBe(true);
  expect(isPresent(field("blob"), new Uint8Array(0))).toBe(false);
  expect(isPresent(field("tags"), [])).toBe(false);
  expect(isPresent(field("labels"), new Map())).toBe(false);
  expect(isPresent(field("inner"), emptyRecord(inner))).toBe(true);
  expect(isZero(field("inner"), [])).toBe(false);
});

test("a projection keeps positions", () => {
  const record = normalise(entity.message, sparseOf(entity, { id: "a", n: 7n, note: "x" }));
  expect(project(record, [0, at("n")])).toEqual(sparseOf(entity, { id: "a", n: 7n }));
  expect(project(record, undefined)).toBe(record);
});

test("a row is visible until the moment it expires, and deleted rows where they are asked for", () => {
  const expiring = normalise(entity.message, sparseOf(entity, { id: "a", expires_at: 10n }));
  expect(isVisible(entity, expiring, { deleted: false, now: 9n })).toBe(true);
  expect(isVisible(entity, expiring, { deleted: true, now: 10n })).toBe(false);
  const deleted = normalise(entity.message, sparseOf(entity, { id: "a", deleted_at: 10n }));
  expect(isVisible(entity, deleted, { deleted: false, now: 9n })).toBe(false);
  expect(isVisible(entity, deleted, { deleted: true, now: 9n })).toBe(true);
});
