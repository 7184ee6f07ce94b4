/** Numbers for GENERATE_SEQUENCE, of a table that Pannier keeps for itself: those who ask in one turn of the event loop share a statement. */

import type { Call } from "../../../../model/call.ts";
import type { EntityModel } from "../../../../model/entity.ts";
import { mergeCalls } from "../../../../model/merged-call.ts";
import type { NumbersRequest } from "../../../numbers.ts";
import { columnAt } from "../../table.ts";
import type { ServerFailures } from "../failure.ts";
import { NUMBERS } from "../tables/meta.ts";
import type { ServerTable } from "../tables/server-table.ts";
import type { Run } from "../transaction.ts";

interface Waiting {
  readonly request: NumbersRequest;
  readonly call: Call;
  readonly resolve: (numbers: readonly bigint[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Answers the last of so many numbers. */
export type TakeNumbers = (request: NumbersRequest, call: Call) => Promise<bigint>;

/** @param take one statement for all that are asked for one field */
export function gatherNumbers(take: TakeNumbers): (request: NumbersRequest, call: Call) => Promise<readonly bigint[]> {
  let waiting: Waiting[] = [];
  const flush = (): void => {
    const groups = Map.groupBy(waiting, ({ request: { entity, ordinal } }) => nameOf(entity, ordinal));
    waiting = [];
    for (const group of groups.values()) void answer(take, group);
  };
  return (request, call) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ request, call, resolve, reject });
    });
}

async function answer(take: TakeNumbers, group: readonly Waiting[]): Promise<void> {
  const [first, ...others] = group;
  if (!first) return;
  const merged = mergeCalls([first.call, ...others.map(({ call }) => call)]);
  const count = group.reduce((sum, { request }) => sum + request.count, 0);
  try {
    let next = (await take({ ...first.request, count }, merged.call)) - BigInt(count) + 1n;
    for (const { request, resolve } of group) {
      const from = next;
      next += BigInt(request.count);
      resolve(Array.from({ length: request.count }, (_, i) => from + BigInt(i)));
    }
  } catch (error) {
    for (const { reject } of group) reject(error);
  } finally {
    merged.finish();
  }
}

/** Of a field, whatever table and column are called. */
function nameOf(entity: EntityModel, ordinal: number): string {
  return `${entity.name}.${entity.fields[ordinal]?.number ?? 0}`;
}

/** The first time they begin behind what the table holds. */
export async function takeNumbers(
  run: Run,
  failures: ServerFailures,
  table: ServerTable,
  { entity, ordinal, count }: NumbersRequest,
): Promise<bigint> {
  const { dialect } = table;
  const { quote, parameter: p } = dialect;
  const name = nameOf(entity, ordinal);
  const counting = quote(NUMBERS);
  for (;;) {
    const last = await dialect.takeNumbers(run, { table: counting, name, count });
    if (last !== undefined) return last;
    const column = columnAt(table.columns, ordinal);
    const { rows } = await run({ text: `SELECT max(${column.sql}) FROM ${table.sql}`, parameters: [] });
    const most = rows[0]?.[0];
    const from = most === null || most === undefined ? 0n : BigInt(String(most));
    const text = `INSERT INTO ${counting} (name, ${quote("last")}) VALUES (${p}, ${p}) ${dialect.insertUnlessAny}`;
    try {
      await run({ text, parameters: [name, from < 0n ? 0n : from] });
    } catch (error) {
      const code = failures.codeOf(error);
      if (code === undefined || !failures.isUnique(code)) throw error; // else another process has begun it
    }
  }
}
