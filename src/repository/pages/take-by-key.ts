/** Rows of a page whose keys are known already: read until the page is full, in the state that the keys were read in. */

import type { FieldSet } from "../../adapter/adapter.ts";
import { limitOf } from "../../adapter/capabilities.ts";
import type { Call } from "../../model/call.ts";
import { keyOf } from "../../model/key.ts";
import type { Consistency } from "../../model/query.ts";
import type { EntityRecord } from "../../model/value.ts";
import { attempt, faultOf } from "../attempt.ts";
import type { Scope } from "../scope.ts";
import type { PageBuilder } from "./page-builder.ts";

export interface TakingByKey {
  readonly scope: Scope;
  /** What an answer shows of a row; undefined is all. */
  readonly shown: FieldSet;
  readonly consistency: Consistency | undefined;
}

/** `rows` hold their keys. Answers how many of them were taken: no more are read than fit, but the one that does not. */
export async function takeByKey(
  { scope, shown, consistency }: TakingByKey,
  builder: PageBuilder,
  rows: readonly EntityRecord[],
  call: Call,
): Promise<number> {
  const { adapter, entity } = scope;
  const width = Math.max(1, limitOf(adapter.capabilities, "batch_get"));
  let taken = 0;
  while (taken < rows.length) {
    const keys = rows.slice(taken, taken + width).map((row) => ({ entity, key: keyOf(entity, row) }));
    const read = { keys, fields: shown, consistency, maxBytes: builder.room };
    for (const outcome of await attempt(scope, call, () => adapter.read(read, call))) {
      if (outcome.status === "unread") break;
      if (outcome.status === "failed") throw faultOf(adapter, outcome.error);
      if (outcome.status === "missing") throw new TypeError(`a ${entity.name} has left the state that it was read in`);
      if (!builder.take(outcome.record)) return taken;
      taken++;
    }
  }
  return taken;
}
