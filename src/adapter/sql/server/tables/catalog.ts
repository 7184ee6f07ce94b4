/** A table as a server describes it, and what of an entity's table it lacks or has otherwise. */

import type { Call } from "../../../../model/call.ts";
import type { EntityModel } from "../../../../model/entity.ts";
import type { Table, TableIndex } from "../../table.ts";
import { columnSql, createIndexSql, createTableSql, markSql } from "../../table.ts";
import type { FoundColumn } from "../../dialect.ts";
import type { Column } from "../../storage.ts";
import type { Run } from "../transaction.ts";
import type { MetaPart } from "./meta.ts";

export interface StoredTable {
  readonly columns: ReadonlyMap<string, StoredColumn>;
  /** Of this table alone. */
  readonly indexes: ReadonlyMap<string, StoredIndex>;
  /** Indexes whose building was broken off, or goes on: they serve nobody. Absent where the server leaves none. */
  readonly broken?: ReadonlySet<string>;
}

export interface StoredColumn extends FoundColumn {
  /** Position in the primary key from 1; 0 is not in it. */
  readonly key: number;
  /** Whether an insert that leaves it out fills it. */
  readonly hasDefault: boolean;
}

export interface StoredIndex {
  /** Names of its columns, each with " desc" where it descends, separated by ", ". */
  readonly columns: string;
  readonly unique: boolean;
  readonly partial: boolean;
}

export interface PendingIndex {
  readonly table: Table;
  readonly index: TableIndex;
}

/** How one server builds an index beside writers. */
export interface IndexBuilding {
  /** Said first on the connection, which is closed afterwards: nothing ends a statement before it is done. */
  readonly unbounded: readonly string[];
  /** Answers true where the connection is now the one that builds. It does not wait: whoever waits in a statement would hold up the one that builds. */
  readonly tryLock: string;
  /** @param sql as `createIndexSql` writes it */
  create(sql: string): string;
  /** Whether the server cannot build this one beside writers. */
  isUnable(code: string): boolean;
}

/** How one server is asked about its tables. */
export interface Catalog {
  /** Undefined where there is no such table. */
  describe(run: Run, table: string): Promise<StoredTable | undefined>;
  /** Whether statements mean something of the server's own by a name, whatever table others call so. Absent where no name is taken. */
  isServers?(run: Run, table: string): Promise<boolean>;
  /** Names of the foreign keys that a table has. */
  foreignKeys(run: Run, table: string): Promise<readonly string[]>;
  /** Whether changes to tables are undone with their transaction. Without, each is committed by itself, and a start that was stopped goes on where it was. */
  readonly isTransactional: boolean;
  /** Keeps other sidecars from changing tables until the transaction is over, or until `unlock`; absent where `lockApart` does. */
  lock?(run: Run): Promise<void>;
  /** In place of `lock`, where changes to tables cannot stand in the transaction that locks: on a connection of its own, whose end unlocks. */
  lockApart?(run: Run, call: Call): Promise<void>;
  /** Absent where the end of the transaction does it. */
  unlock?(run: Run): Promise<void>;
  /** The tables that Pannier keeps for itself, which are made where they are missing; those first that others are of. */
  readonly meta: readonly MetaPart[];
  /** Undefined where indexes are built while others wait, however many rows there are. */
  readonly building: IndexBuilding | undefined;
  /** Changes the type of a column while others write, or answers false where the server would copy the table and keep them waiting. Absent where types are not changed. */
  readonly changeBeside?: (run: Run, sql: string) => Promise<boolean>;
  /** Removes one of `StoredTable.broken`; outside of a transaction, where there is `building`. */
  dropBroken(index: string): string;
}

/** A difference, and the statement that mends it where one does. */
export interface Finding {
  readonly what: string;
  readonly mend: string | undefined;
  /** Whether the server may have to copy the table. */
  readonly mayCopy?: boolean;
  /** The index that is missing. */
  readonly index?: TableIndex;
}

export interface Applied {
  /** What was done, a text each. */
  readonly done: readonly string[];
  /** What others' writes would wait for, and was left. */
  readonly pending: readonly PendingIndex[];
  /** What others' writes would wait for, and only hands can do: a text each. */
  readonly left: readonly string[];
}

/** Adds what can be added. Inside a transaction. @param isLarge whether the table has many rows, so that its indexes are left, and it is not copied */
export async function applyTable(run: Run, catalog: Catalog, table: Table, isLarge: boolean): Promise<Applied> {
  const done: string[] = [];
  const left: string[] = [];
  let pending: readonly PendingIndex[] = [];
  // A mend can bring further findings into reach: a renamed table has columns to add.
  for (let round = 0; round < 3; round += 1) {
    const findings = await findingsOf(run, catalog, table);
    const broken = (await catalog.describe(run, table.name))?.broken;
    const isLeft = ({ name }: TableIndex): boolean =>
      catalog.building !== undefined && (isLarge || broken?.has(name) === true);
    pending = findings.flatMap(({ index }) => (index && isLeft(index) ? [{ table, index }] : []));
    const mendable = findings.filter(({ mend, index }) => mend !== undefined && !(index && isLeft(index)));
    if (mendable.length === 0) break;
    for (const { what, mend = "", mayCopy, index } of mendable) {
      if (index && broken?.has(index.name)) await run({ text: catalog.dropBroken(index.name), parameters: [] });
      const beside = isLarge && mayCopy === true ? catalog.changeBeside : undefined;
      if (!beside) await run({ text: mend, parameters: [] });
      else if (!(await beside(run, mend))) {
        left.push(`${what}, and its many rows would be copied while writers wait: change it by hand`);
        continue;
      }
      done.push(`${table.name}: ${what}`);
    }
    if (left.length > 0) break;
  }
  return { done, pending, left };
}

/** Indexes are looked at once all columns are there. */
export async function findingsOf(run: Run, catalog: Catalog, table: Table): Promise<readonly Finding[]> {
  const stored = await catalog.describe(run, table.name);
  if (!stored) return [await missingTable(run, catalog, table)];
  const columns = columnFindings(table, stored.columns);
  return columns.length > 0 ? columns : table.indexes.flatMap((index) => indexFindings(table, index, stored.indexes));
}

/** The newest of its earlier tables that is there, where that of its present name is not. */
export async function tableToRename(
  run: Run,
  catalog: Catalog,
  { table, renamedFrom }: Pick<EntityModel, "table" | "renamedFrom">,
): Promise<string | undefined> {
  if (renamedFrom.length === 0 || (await catalog.describe(run, table))) return undefined;
  for (const earlier of renamedFrom.toReversed()) if (await catalog.describe(run, earlier)) return earlier;
  return undefined;
}

async function missingTable(run: Run, catalog: Catalog, table: Table): Promise<Finding> {
  const { renamedFrom } = table.entity;
  const earlier = await tableToRename(run, catalog, { table: table.name, renamedFrom });
  if (earlier !== undefined) {
    const mend = `ALTER TABLE ${table.dialect.quote(earlier)} RENAME TO ${table.sql}`;
    return { what: `the table is still named ${earlier}`, mend };
  }
  return { what: "the table is missing", mend: createTableSql(table) };
}

function columnFindings(table: Table, stored: ReadonlyMap<string, StoredColumn>): Finding[] {
  const findings = table.columns.flatMap((column) => columnFinding(table, column, stored));
  if (table.mark && !stored.has(table.mark.name)) {
    const mend = `ALTER TABLE ${table.sql} ADD COLUMN ${markSql(table.mark)}`;
    findings.push({ what: `the column ${table.mark.name} is missing`, mend });
  }
  const storedKey = [...stored].filter(([, column]) => column.key > 0).sort(([, a], [, b]) => a.key - b.key);
  const wanted = table.key.map((column) => column.name).join(", ");
  const found = storedKey.map(([name]) => name).join(", ");
  if (findings.length === 0 && found !== wanted)
    findings.push({ what: `the key is (${found}), not (${wanted})`, mend: undefined });
  if (findings.length > 0) return findings;
  const known = new Set(table.columns.map((column) => column.name));
  return [...stored].flatMap(([name, { notNull, hasDefault }]) =>
    known.has(name) || !notNull || hasDefault
      ? []
      : [{ what: `the column ${name} is NOT NULL, has no default and is in no field`, mend: undefined }],
  );
}

function columnFinding(table: Table, column: Column, stored: ReadonlyMap<string, StoredColumn>): Finding[] {
  const there = stored.get(column.name);
  if (!there) return [missingColumn(table, column, stored)];
  const findings: Finding[] = [];
  const found = (what: string): void =>
    void findings.push({ what: `the column ${column.name} ${what}`, mend: undefined });
  if (there.type !== column.declared && !table.dialect.accepts?.(there.type, column.declared))
    findings.push({
      what: `the column ${column.name} is ${there.type}, not ${column.declared}`,
      mend: table.dialect.widened?.(table.sql, column, there.type),
      mayCopy: true,
    });
  // A NULL where there should be none reads as zero; a NOT NULL where there may be none refuses writes.
  if (there.notNull && !column.notNull) found("is NOT NULL, but the field may be absent");
  if (!there.notNull && column.notNull) found("may be NULL, but the field is never absent");
  return findings;
}

function missingColumn(table: Table, column: Column, stored: ReadonlyMap<string, StoredColumn>): Finding {
  const earlier = column.field.renamedFrom.toReversed().find((name) => stored.has(name));
  if (earlier !== undefined && !table.columns.some((other) => other.name === earlier)) {
    const mend = `ALTER TABLE ${table.sql} RENAME COLUMN ${table.dialect.quote(earlier)} TO ${column.sql}`;
    return { what: `the column ${column.name} is still named ${earlier}`, mend };
  }
  const mend = table.key.includes(column) ? undefined : `ALTER TABLE ${table.sql} ADD COLUMN ${columnSql(column)}`;
  return { what: `the column ${column.name} is missing`, mend };
}

function indexFindings(table: Table, index: TableIndex, stored: ReadonlyMap<string, StoredIndex>): Finding[] {
  const there = stored.get(index.name);
  if (!there) return [{ what: `the index ${index.name} is missing`, mend: createIndexSql(table, index), index }];
  const isDirected = table.dialect.directedIndexes !== false;
  const wanted = index.columns
    .map(({ column, desc }) => `${column.name}${desc && isDirected ? " desc" : ""}`)
    .join(", ");
  const isAlike = there.unique === index.unique && there.partial === (index.partial !== undefined);
  if (there.columns === wanted && isAlike) return [];
  const kind = there.unique === index.unique ? "" : there.unique ? "unique " : "not unique ";
  return [{ what: `the index ${index.name} is ${kind}on (${there.columns}), not on (${wanted})`, mend: undefined }];
}
