/** Rows that were there before an index: what they lack is stored, so that the index holds all of them. */

import type { Call } from "../../../model/call.ts";
import { keyOf } from "../../../model/key.ts";
import { codeOf } from "../cluster/consistency.ts";
import { fillText } from "../writing/mutate.ts";
import { allColumns, metRow } from "./row.ts";
import type { Session } from "../cluster/session.ts";
import type { CqlColumn, CqlTable } from "./table.ts";

/** Rows of one page. */
const PAGE = 200;

/** Nanoseconds in a millisecond. */
const MILLISECOND = 1_000_000n;

/**
 * Where a field without presence has nothing stored it reads as its zero, and an index leaves the row out. Rows that Pannier wrote since
 * the column was there have it; those from before, and others' rows, get it, each by compare-and-set.
 */
export async function fillAbsent(
  { session }: { readonly session: Session },
  table: CqlTable,
  column: CqlColumn,
  call: Call,
): Promise<void> {
  if (column.absent === undefined || column.part !== "regular") return;
  const text = `SELECT ${allColumns(table)} FROM ${table.sql}`;
  let state: string | undefined;
  do {
    const page = { rows: PAGE, state };
    const answer = await session.run({ text, parameters: [], consistency: codeOf("quorum"), isRead: true, page }, call);
    for (const row of answer.rows) {
      if ((row[column.name] ?? null) !== null) continue;
      const met = metRow(table, row);
      if (!met) continue;
      const write = fillText(table, keyOf(table.entity, met.record), BigInt(Date.now()) * MILLISECOND, met);
      // Whoever changed the row meanwhile has stored a value.
      await session.run({ ...write, consistency: codeOf("quorum"), serial: codeOf("serial"), isRead: false }, call);
    }
    state = answer.next;
  } while (state !== undefined);
}
