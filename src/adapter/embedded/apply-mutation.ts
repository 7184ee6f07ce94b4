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
  /** Whether what is applied tells its images. */
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
  const told = (after: EntityRecord | undefined) => images && { images: { before: current, after } };
  switch (decision.action) {
    case "store": {
      const record = asStored(decision.record);
      const error = makeRoom(rows, mutation, record);
      if (error) return { status: "failed", error };
      rows.replace(current, record);
      return { ...outcomeOf({ ...decision, record }), ...told(record) };
    }
    case "remove":
      rows.replace(current, undefined);
      return { ...outcomeOf(decision), ...told(undefined) };
    case "keep":
      return { ...outcomeOf(decision), ...told(current) };
    case "reject":
      return outcomeOf(decision);
  }
}

/** Expired rows give way to a row that needs their unique values; any other keeps them. */
function makeRoom(rows: StepRows, { entity, now }: Mutation, record: EntityRecord): UniqueViolation | undefined {
  const others = rows.inTheWay(record);
  const standing = others.find((other) => !isExpired(entity, other.row, now));
  if (standing) return new UniqueViolation(entity, standing.index);
  for (const other of new Set(others.map((found) => found.row))) rows.replace(other, undefined);
  return undefined;
}

function outcomeOf(decision: Decision): WriteOutcome {
  if (decision.action === "reject") return { status: "rejected", because: decision.because };
  const { record } = decision;
  return {
    status: "applied",
    ...(record && { record }),
    created: decision.action === "store" && decision.created,
    found: record !== undefined,
  };
}
