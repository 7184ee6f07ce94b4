/** Plans carried out: windows of rows, and counts. */

import { orderComparator, type Comparator } from "../../model/compare.ts";
import type { OrderTerm } from "../../model/entity.ts";
import { keyOf, keyText } from "../../model/key.ts";
import type { EntityRecord } from "../../model/value.ts";
import type { CountOptions, Cursor, ScanWindow, Window } from "../adapter.ts";
import { decodeCursor } from "../reading/keyset.ts";
import type { Pull } from "../reading/merge.ts";
import { predicateOf, WindowBuilder } from "../ordered/window-builder.ts";
import type { Plan } from "../plan.ts";
import { approximateSize } from "./approximate-size.ts";
import { tableOf, type Core } from "./core.ts";
import { readSequence } from "./sequence.ts";
import type { Table } from "./table.ts";

/** Most rows looked at in one go, a millisecond or two; then a window comes back short. */
export const MOST_EXAMINED = 2_000;

/** One window; at most `MOST_EXAMINED` rows are looked at, or fewer if that is asked. */
export function scanWindow(core: Core, plan: Plan, window: Window): ScanWindow {
  const { terms, pull } = enter(tableOf(core, plan.entity), plan, window.after);
  const builder = new WindowBuilder(plan, terms, window, MOST_EXAMINED);
  const { segment } = plan;
  let row = pull();
  for (; row && !builder.isFull; row = pull())
    if (!segment || segmentOf(keyText(keyOf(plan.entity, row)), segment.of) === segment.index)
      builder.look(row, approximateSize);
  return builder.result(row === undefined);
}

/** By a hash of the key, as a store that spreads its partitions does. */
function segmentOf(key: string, of: number): number {
  let hash = 2_166_136_261;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 16_777_619) >>> 0;
  return hash % of;
}

/** Counts step by step: each call looks at some rows, and answers the total at the end. */
export function createCounter(core: Core, plan: Plan, options: CountOptions): () => number | undefined {
  const table = tableOf(core, plan.entity);
  const limit = options.limit ?? Infinity;
  if (isWholeTable(table, plan)) return () => Math.min(table.size, limit);
  const fulfils = predicateOf(plan, options.visible);
  let count = 0;
  let after: EntityRecord | undefined;
  return () => {
    // Entered anew each time: rows may have come and gone since.
    const { pull } = enterAfter(table, plan, after);
    for (let examined = 0; examined < MOST_EXAMINED; examined++) {
      const row = pull();
      if (!row) return count;
      after = row;
      if (fulfils(row)) count += 1;
      if (count >= limit) return count;
    }
    return undefined;
  };
}

function isWholeTable(table: Table, plan: Plan): boolean {
  const { deletedAt, expiresAt } = table.entity.managed;
  return plan.access.kind === "full" && !plan.pushed && deletedAt === undefined && expiresAt === undefined;
}

interface Entry {
  /** What a cursor holds. */
  readonly terms: readonly OrderTerm[];
  readonly pull: Pull<EntityRecord>;
}

function enter(table: Table, plan: Plan, cursor: Cursor | undefined): Entry {
  const terms = cursorTerms(table, plan);
  return enterAfter(table, plan, cursor && decodeCursor(terms, table.entity, cursor));
}

function enterAfter(table: Table, plan: Plan, after: EntityRecord | undefined): Entry {
  const { access } = plan;
  const sequence = table.sequence(access);
  const ranges = access.kind === "full" ? [{ eq: [] }] : access.ranges;
  const reverse = access.kind !== "full" && access.reverse;
  const order: Comparator<EntityRecord> =
    plan.order.length === 0 ? sequence.compare : orderComparator(table.entity.fields, plan.order);
  return { terms: cursorTerms(table, plan), pull: readSequence(sequence, { ranges, reverse, order, after }) };
}

/** A plan without an order comes as the rows lie, and a position among them is all their terms. */
function cursorTerms(table: Table, plan: Plan): readonly OrderTerm[] {
  return plan.order.length > 0 ? plan.order : table.sequence(plan.access).terms;
}
