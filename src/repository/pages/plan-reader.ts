/** Windows of a plan, one after the other, with what the store left over evaluated here. */

import type { Cursor, FieldSet, ScanWindow } from "../../adapter/adapter.ts";
import { pacer } from "../../adapter/runtime/pacer.ts";
import type { Plan } from "../../adapter/plan.ts";
import type { Call } from "../../model/call.ts";
import { compileFilter, type Predicate } from "../../model/evaluate.ts";
import type { Consistency, Visibility } from "../../model/query.ts";
import type { EntityRecord } from "../../model/value.ts";
import { attempt } from "../attempt.ts";
import { windowFault } from "../damaged-row.ts";
import type { Scope } from "../scope.ts";

export interface PlanReaderOptions {
  readonly plan: Plan;
  readonly fields: FieldSet;
  readonly visible: Visibility;
  readonly consistency: Consistency | undefined;
}

/** A row that is wanted, and how to go on after it. */
export interface MatchedRow {
  readonly record: EntityRecord;
  cursor(): Cursor;
}

export interface MatchedWindow {
  readonly rows: readonly MatchedRow[];
  /** Absent when nothing follows. */
  readonly next: Cursor | undefined;
}

/** What the caller can use of a window. */
export interface Wanted {
  readonly rows: number;
  /** About the most that the window may hold; one row is always in it. */
  readonly bytes: number;
}

export interface PlanReader {
  /** One window after a cursor. Rejects where its first row is damaged (`damagedRow`), and ends before one that comes later. */
  readWindow(after: Cursor | undefined, wanted: Wanted, call: Call): Promise<MatchedWindow>;
}

/** Rows that are counted or sorted pass by: the windows they come in need not be large. */
export const PASSING: Wanted = { rows: Infinity, bytes: 256 * 1024 };

/** A filter left over drops rows, so windows are at least this wide then. */
const RESIDUAL_WINDOW = 256;
/** Most rows of one window. */
export const WIDEST_WINDOW = 1_000;

/** Most rows that one window looks at, whatever a filter drops: some tens of milliseconds of a store's work. */
const MOST_EXAMINED = 20_000;

export function createPlanReader(
  scope: Pick<Scope, "adapter" | "entity" | "pause">,
  options: PlanReaderOptions,
): PlanReader {
  const { plan, fields, visible, consistency } = options;
  const holds = plan.residual ? compileFilter(scope.entity, plan.residual) : undefined;
  return {
    readWindow: async (after, wanted, call) => {
      const least = holds ? RESIDUAL_WINDOW : 1;
      const limit = Math.min(WIDEST_WINDOW, Math.max(wanted.rows, least));
      const bounds = { limit, maxBytes: wanted.bytes, maxExamined: MOST_EXAMINED };
      const window = { ...bounds, fields, visible, consistency, ...(after && { after }) };
      const scanned = await attempt(scope, call, () => scope.adapter.scan(plan, window, call)).catch(
        (error: unknown) => {
          throw windowFault(scope.adapter, scope.entity, error);
        },
      );
      const match = (): readonly MatchedRow[] => matchedRows(scanned, holds);
      return { rows: holds ? await pacer.run("continue", match) : match(), next: scanned.next };
    },
  };
}

function matchedRows(scanned: ScanWindow, holds: Predicate | undefined): readonly MatchedRow[] {
  const rows: MatchedRow[] = [];
  scanned.rows.forEach((record, i) => {
    if (!holds || holds(record)) rows.push({ record, cursor: () => scanned.cursor(i) });
  });
  return rows;
}
