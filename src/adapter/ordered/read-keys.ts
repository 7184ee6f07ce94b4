/** Rows by their keys: a few at a time, so that no more is held than was asked for. */

import type { EntityModel } from "../../model/entity.ts";
import type { Key } from "../../model/key.ts";
import { recordBytes } from "../../model/size.ts";
import type { EntityRecord, MutableRecord } from "../../model/value.ts";
import type { FieldSet, ReadOutcome, ReadRequest } from "../adapter.ts";
import { pacer } from "../runtime/pacer.ts";
import { projected, projectedOrdinals } from "../reading/projection.ts";
import { ReadBudget } from "../reading/read-budget.ts";
import type { Source } from "./byte-store.ts";
import type { Table } from "./byte-table.ts";
import { StepWidth } from "./step-width.ts";

export async function readKeys(
  source: Source,
  tableOf: (entity: EntityModel) => Table,
  request: ReadRequest,
): Promise<readonly ReadOutcome[]> {
  const { keys, fields } = request;
  const tables = keys.map(({ entity }) => tableOf(entity));
  const rowKeys = keys.flatMap(({ key }, i) => tables[i]?.rowKey(key) ?? []);
  if (source.hasMany && keys.every(({ entity }) => isSaidByKey(entity, fields))) {
    const found = await source.hasMany(rowKeys);
    return keys.map(({ entity, key }, i) =>
      found[i] === true ? { status: "found", record: recordOfKey(entity, key) } : { status: "missing" },
    );
  }
  const budget = new ReadBudget(request);
  const outcomes: ReadOutcome[] = [];
  const width = new StepWidth();
  while (outcomes.length < keys.length && !budget.isSpent) {
    const found = await source.getMany(rowKeys.slice(outcomes.length, outcomes.length + width.rows));
    await pacer.run("begin", () => {
      for (const row of found) {
        const table = tables[outcomes.length];
        if (!table || budget.isSpent) return;
        width.took(1, row?.length ?? 0);
        const outcome = outcomeOf(table, row, fields);
        budget.spend(outcome.status === "found" ? recordBytes(table.entity.message, outcome.record) : 0);
        outcomes.push(outcome);
      }
    });
  }
  return keys.map((_, i) => outcomes[i] ?? { status: "unread" });
}

/** Whether the key holds all that is asked for. Then rows that are large are not read for it. */
function isSaidByKey(entity: EntityModel, fields: FieldSet): boolean {
  if (!fields) return false;
  return projectedOrdinals(entity, fields).length === entity.key.length;
}

function recordOfKey(entity: EntityModel, key: Key): EntityRecord {
  const record: MutableRecord = entity.fields.map(() => undefined);
  for (const [i, { ordinal }] of entity.key.entries()) record[ordinal] = key[i];
  return record;
}

export function outcomeOf(table: Table, bytes: Buffer | undefined, fields: FieldSet): ReadOutcome {
  if (!bytes) return { status: "missing" };
  if (!fields) return { status: "found", record: table.decode(bytes) };
  const only = new Set(projectedOrdinals(table.entity, fields));
  return { status: "found", record: projected(table.entity, table.decode(bytes, only), fields) };
}
