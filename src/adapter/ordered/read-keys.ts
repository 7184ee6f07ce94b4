/** Rows by their keys: a few at a time, so that no more is held than was asked for. */

import type { EntityModel } from "../../model/entity.ts";
import { recordBytes } from "../../model/size.ts";
import type { FieldSet, ReadOutcome, ReadRequest } from "../adapter.ts";
import { pacer } from "../pacer.ts";
import { projected } from "../projection.ts";
import { ReadBudget } from "../read-budget.ts";
import type { Source } from "./byte-store.ts";
import type { Table } from "./byte-table.ts";

/** Keys that are fetched together: a few at first, then as many as rows of their size make about so many bytes. */
const FIRST_STEP = 4;
const WIDEST_STEP = 64;
const STEP_BYTES = 1_048_576;

export async function readKeys(
  source: Source,
  tableOf: (entity: EntityModel) => Table,
  request: ReadRequest,
): Promise<readonly ReadOutcome[]> {
  const { keys, fields } = request;
  const tables = keys.map(({ entity }) => tableOf(entity));
  const rowKeys = keys.flatMap(({ key }, i) => tables[i]?.rowKey(key) ?? []);
  const budget = new ReadBudget(request);
  const outcomes: ReadOutcome[] = [];
  let step = FIRST_STEP;
  let bytes = 0;
  while (outcomes.length < keys.length && !budget.isSpent) {
    const found = await source.getMany(rowKeys.slice(outcomes.length, outcomes.length + step));
    await pacer.run("begin", () => {
      for (const row of found) {
        const table = tables[outcomes.length];
        if (!table || budget.isSpent) return;
        bytes += row?.length ?? 0;
        const outcome = outcomeOf(table, row, fields);
        budget.spend(outcome.status === "found" ? recordBytes(table.entity.message, outcome.record) : 0);
        outcomes.push(outcome);
      }
    });
    step = Math.max(1, Math.min(WIDEST_STEP, Math.floor((STEP_BYTES * outcomes.length) / Math.max(bytes, 1))));
  }
  return keys.map((_, i) => outcomes[i] ?? { status: "unread" });
}

export function outcomeOf(table: Table, bytes: Buffer | undefined, fields: FieldSet): ReadOutcome {
  return bytes
    ? { status: "found", record: projected(table.entity, table.decode(bytes), fields) }
    : { status: "missing" };
}
