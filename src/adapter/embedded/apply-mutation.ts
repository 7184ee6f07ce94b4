/** One mutation on a store that keeps its own indexes: the row is read, a decision is made, and rows are replaced. */

import type { IndexModel } from "../../model/entity.ts";
import type { Decision, Mutation } from "../../model/mutation.ts";
import type { EntityRecord } from "../../model/value.ts";
import { isExpired } from "../../model/visibility.ts";
import type { Decide, WriteOutcome } from "../adapter.ts";
import { UniqueViolation } from "./unique-violation.ts";

/** The rows of one entity inside an atomic step. */
export interface StepRows {
  get(key: Mutation["key"]): EntityRecord | undefined;
  /** Puts `after` where `before` was; undefined is no row. Both have the same key. */
  replace(before: EntityRecord | undefined, after: EntityRecord | undefined): void;
  /** Other rows that a unique index would not have beside this one. */
  inTheWay(row: EntityRecord): readonly { readonly row: EntityRecord; readonly index: IndexModel }[];
}

export interface Applying {
  /** What the store makes of a record that it is to keep. */
  readonly asStored?: (record: EntityRecord) => EntityRecord;
  /** Whether what is applied has its images in its outcome. */
  readonly images?: boolean;
}

export function applyMutation(
  rows: StepRows,
  mutation: Mutation,
  decide: Decide,
  { asStored = (record) => record, images = false }: Applying = {},
): WriteOutcome {
  const current = rows.get(mutation.key);
  const decision = decide(current);
  if (decision.action === "store") {
    const record = asStored(decision.record);
    const error = makeRoom(rows, mutation, record);
    if (error) return { status: "failed", error };
    rows.replace(current, record);
    return outcomeOf({ ...decision, record }, current, images);
  }
  if (decision.action === "remove") rows.replace(current, undefined);
  return outcomeOf(decision, current, images);
}

/** Expired rows give way to a row that needs their unique values; any other keeps them. */
function makeRoom(rows: StepRows, { entity, now }: Mutation, record: EntityRecord): UniqueViolation | undefined {
  const others = rows.inTheWay(record);
  const standing = others.find((other) => !isExpired(entity, other.row, now));
  if (standing) return new UniqueViolation(entity, standing.index);
  for (const other of new Set(others.map((found) => found.row))) rows.replace(other, undefined);
  return undefined;
}

/** What a decision comes to that was carried out on the row as it was met; with `images`, the outcome has both rows. */
export function outcomeOf(decision: Decision, current: EntityRecord | undefined, images: boolean): WriteOutcome {
  if (decision.action === "reject") return { status: "rejected", because: decision.because };
  const { record } = decision;
  const created = decision.action === "store" && decision.created;
  const outcome: WriteOutcome = record
    ? { status: "applied", record, created, found: true }
    : { status: "applied", created, found: false };
  return images ? { ...outcome, images: { before: current, after: afterOf(decision, current) } } : outcome;
}

function afterOf(decision: Decision, current: EntityRecord | undefined): EntityRecord | undefined {
  return decision.action === "store" ? decision.record : decision.action === "keep" ? current : undefined;
}
