/** Indexes over many rows, built while others write, on a connection of their own: a start leaves them out of its transaction. */

import type { Call } from "../../../../model/call.ts";
import { NotSent } from "../../../adapter.ts";
import { createIndexSql } from "../../table.ts";
import type { Catalog, IndexBuilding, PendingIndex } from "./catalog.ts";
import { isPassing, type ServerFailures } from "../failure.ts";
import type { Link } from "../connection/link.ts";

interface Builder {
  readonly catalog: Catalog;
  readonly failures: ServerFailures;
  readonly connect: () => Promise<Link>;
}

export const NOT_UNIQUE = "several rows have equal values";

/** Milliseconds between two looks whether another process is done. */
const PAUSE = 200;

/** Indexes that no further try would build, by `nameOf`: why. */
export type Unbuildable = ReadonlyMap<string, string>;

export function nameOf({ table, index }: PendingIndex): string {
  return `${table.name} ${index.name}`;
}

/** @throws what a statement fails with that may succeed when it is tried again */
export async function buildIndexes(
  builder: Builder,
  pending: readonly PendingIndex[],
  call: Call,
): Promise<Unbuildable> {
  const { catalog, connect } = builder;
  const { building } = catalog;
  const unbuildable = new Map<string, string>();
  if (!building) return unbuildable;
  const link = await connect();
  const off = call.onAbort(() => {
    link.cancel();
    link.end();
  });
  try {
    for (const text of building.unbounded) await link.run({ text, parameters: [] });
    await lock(link, building, call);
    for (const each of pending) {
      const why = await buildOne({ ...builder, building }, link, each);
      if (why !== undefined) unbuildable.set(nameOf(each), why);
    }
    return unbuildable;
  } finally {
    off();
    link.end(); // with its settings and its lock
  }
}

async function lock(link: Link, { tryLock }: IndexBuilding, call: Call): Promise<void> {
  for (;;) {
    if (call.aborted) throw new NotSent("the store is being closed");
    const [row] = (await link.run({ text: tryLock, parameters: [] })).rows;
    if (row?.[0] === "t" || Number(row?.[0]) === 1) return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE).unref());
  }
}

/** Another process may have built it meanwhile, or have ended in the middle. Answers why the rows do not let it be built. */
async function buildOne(
  { catalog, failures, building }: Builder & { readonly building: IndexBuilding },
  link: Link,
  { table, index }: PendingIndex,
): Promise<string | undefined> {
  const run = (text: string): Promise<unknown> => link.run({ text, parameters: [] });
  const there = await catalog.describe((statement) => link.run(statement), table.name);
  if (!there || there.indexes.has(index.name)) return undefined;
  if (there.broken?.has(index.name)) await run(catalog.dropBroken(index.name));
  const sql = createIndexSql(table, index);
  try {
    await run(building.create(sql)).catch((error: unknown) => {
      const code = failures.codeOf(error);
      if (code === undefined || !building.isUnable(code)) throw error;
      return run(sql);
    });
    return undefined;
  } catch (error) {
    const code = failures.codeOf(error);
    if (code === undefined) throw error;
    const left = await catalog.describe((statement) => link.run(statement), table.name);
    if (left?.broken?.has(index.name)) await run(catalog.dropBroken(index.name));
    if (failures.isUnique(code)) return `the unique index ${index.name} cannot be built: ${NOT_UNIQUE}`;
    if (isPassing(failures, code)) throw error;
    return `the index ${index.name} cannot be built beside those who write: the server refused it (code ${code}); build it by hand, or mend what is in its way`;
  }
}
