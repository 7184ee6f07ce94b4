/** Point reads: prepared, to the replica that has the row, several side by side; rows of one partition in one request. */

import type { Call } from "../../../model/call.ts";
import type { EntityModel } from "../../../model/entity.ts";
import { keyOf, keyText, type EntityKey } from "../../../model/key.ts";
import { recordBytes } from "../../../model/size.ts";
import type { EntityRecord } from "../../../model/value.ts";
import type { ReadOutcome, ReadRequest } from "../../adapter.ts";
import { ReadBudget } from "../../reading/read-budget.ts";
import { RowSizes } from "../../reading/row-sizes.ts";
import { sideBySide } from "../../runtime/side-by-side.ts";
import { readLevel, type Levels } from "../cluster/consistency.ts";
import { bound, encodeKey, projectionOf, type Projection } from "../tables/row.ts";
import type { Session } from "../cluster/session.ts";
import type { CqlTable } from "../tables/table.ts";

/** Requests under way for one read. */
const WIDTH = 32;

/** Rows read at once where their bytes are bounded, and nobody knows how many they have. */
const FIRST = 8;

/** Rows of one partition in one request. */
const TOGETHER = 64;

export interface Reader {
  readonly session: Session;
  readonly levels: Levels;
  readonly tableFor: (entity: EntityModel) => CqlTable;
}

/** What rows have alike that one request can read; undefined where a row is a partition, which is read by itself. */
export function sharedRequest({ entity, key }: EntityKey): string | undefined {
  if (entity.key.at(-1)?.partition !== false) return undefined;
  return `${entity.name} ${keyText(key.slice(0, -1))}`;
}

export async function readRows(reader: Reader, request: ReadRequest, call: Call): Promise<readonly ReadOutcome[]> {
  const { keys, maxBytes } = request;
  const [only] = keys;
  if (only && keys.length === 1) return [await readOne(reader, request, only, call)];
  if (maxBytes === undefined) return readAll(reader, request, keys, call);
  return readWithin(reader, request, maxBytes, call);
}

/** About how many bytes the rows of each projection have. */
const sizes = new RowSizes<Projection>();

/** Waves of as many keys as their rows should fit; who is wrong about that asks for no more once those that came have the bytes. */
async function readWithin(
  reader: Reader,
  request: ReadRequest,
  most: number,
  call: Call,
): Promise<readonly ReadOutcome[]> {
  const { keys, fields } = request;
  const budget = new ReadBudget(request);
  const outcomes: ReadOutcome[] = [];
  for (let left = most; outcomes.length < keys.length && !budget.isSpent; left = most - budget.bytes) {
    const rest = keys.slice(outcomes.length);
    const shapes = new Set(rest.map(({ entity }) => projectionOf(reader.tableFor(entity), fields)));
    const fit = Math.min(...Array.from(shapes, (shape) => sizes.rowsIn(shape, left) ?? FIRST + outcomes.length));
    const wave = rest.slice(0, fit);
    for (const [i, outcome] of (await readAll(reader, request, wave, call, left)).entries()) {
      if (outcome.status === "unread" || budget.isSpent) break;
      outcomes.push(outcome);
      const message = wave[i]?.entity.message;
      budget.spend(outcome.status === "found" && message ? recordBytes(message, outcome.record) : 0);
    }
  }
  while (outcomes.length < keys.length) outcomes.push({ status: "unread" });
  return outcomes;
}

/** Most reads are of one row, and cost little more than the driver's own work. */
async function readOne(
  { session, levels, tableFor }: Reader,
  { fields, consistency }: Pick<ReadRequest, "fields" | "consistency">,
  { entity, key }: EntityKey,
  call: Call,
): Promise<ReadOutcome> {
  const table = tableFor(entity);
  const projection = projectionOf(table, fields);
  const statement = { text: projection.selectOne, parameters: encodeKey(table, key), isRead: true };
  const { rows } = await session.run({ ...statement, consistency: readLevel(consistency, levels) }, call);
  const [row] = rows;
  return row && projection.isThere(row) ? { status: "found", record: projection.decode(row) } : { status: "missing" };
}

/** Keys that one request answers. */
interface Group {
  readonly table: CqlTable;
  readonly projection: Projection;
  readonly keys: readonly EntityKey[];
  readonly positions: readonly number[];
}

/** @param maxBytes once rows that have come have so many, no more are asked for, and those are `unread` */
async function readAll(
  reader: Reader,
  { fields, consistency }: Pick<ReadRequest, "fields" | "consistency">,
  keys: readonly EntityKey[],
  call: Call,
  maxBytes: number = Infinity,
): Promise<readonly ReadOutcome[]> {
  let held = 0;
  const see = ({ entity }: EntityKey, outcome: ReadOutcome): void => {
    if (outcome.status !== "found" || maxBytes === Infinity) return;
    const bytes = recordBytes(entity.message, outcome.record);
    sizes.see(projectionOf(reader.tableFor(entity), fields), bytes);
    held += bytes;
  };
  if (keys.every(({ entity }) => entity.key.at(-1)?.partition !== false))
    return sideBySide(keys, WIDTH, async (key) => {
      if (held >= maxBytes) return { status: "unread" };
      const outcome = await readOne(reader, { fields, consistency }, key, call);
      see(key, outcome);
      return outcome;
    });
  const level = readLevel(consistency, reader.levels);
  const outcomes: ReadOutcome[] = keys.map(() => ({ status: "unread" }));
  await sideBySide(groupsOf(reader, keys, fields), WIDTH, async (group) => {
    if (held >= maxBytes) return;
    const found = await readGroup(reader.session, group, level, call);
    for (const [i, key] of group.keys.entries()) {
      const record = found.get(keyText(key.key));
      const outcome: ReadOutcome = record ? { status: "found", record } : { status: "missing" };
      outcomes[group.positions[i] ?? 0] = outcome;
      see(key, outcome);
    }
  });
  return outcomes;
}

/** Those that differ in their last clustering field alone are together; of a table without one each is alone. */
function groupsOf(reader: Reader, keys: readonly EntityKey[], fields: ReadRequest["fields"]): readonly Group[] {
  const groups = new Map<string, { table: CqlTable; keys: EntityKey[]; positions: number[] }>();
  for (const [position, each] of keys.entries()) {
    const table = reader.tableFor(each.entity);
    const shared = table.clustering.length === 0 ? each.key : each.key.slice(0, -1);
    let name = `${each.entity.name} ${keyText(shared)}`;
    for (let group = groups.get(name); group && group.keys.length >= TOGETHER; group = groups.get(name))
      name = `+${name}`;
    const group = groups.get(name) ?? { table, keys: [], positions: [] };
    groups.set(name, group);
    group.keys.push(each);
    group.positions.push(position);
  }
  return [...groups.values()].map((group) => ({ ...group, projection: projectionOf(group.table, fields) }));
}

async function readGroup(
  session: Session,
  { table, projection, keys }: Group,
  consistency: number,
  call: Call,
): Promise<ReadonlyMap<string, EntityRecord>> {
  const [first] = keys;
  if (!first) return new Map();
  const last = table.key.at(-1);
  const select = `SELECT ${projection.columns} FROM ${table.sql} WHERE`;
  const one = encodeKey(table, first.key);
  const statement =
    keys.length === 1 || !last
      ? { text: `${select} ${table.whereKey}`, parameters: one }
      : {
          text: `${select} ${[...table.key.slice(0, -1).map(({ sql }) => `${sql} = ?`), `${last.sql} IN ?`].join(" AND ")}`,
          parameters: [...one.slice(0, -1), keys.map(({ key }) => bound(last, key.at(-1)))],
        };
  const { rows } = await session.run({ ...statement, consistency, isRead: true }, call);
  const records = rows.filter((row) => projection.isThere(row)).map((row) => projection.decode(row));
  return new Map(records.map((record) => [keyTextOf(table, record), record]));
}

function keyTextOf(table: CqlTable, record: EntityRecord): string {
  return keyText(keyOf(table.entity, record));
}
