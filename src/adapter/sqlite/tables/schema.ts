/** Tables and indexes: what differs from the entities, and what of it can be added without touching a row. */

import type { EntityModel } from "../../../model/entity.ts";
import { quote } from "../../sql/quote.ts";
import type { Column } from "../../sql/storage.ts";
import type { Connection } from "../connection.ts";
import { columnSql, createIndexSql, createTableSql, type Table, type TableIndex } from "../../sql/table.ts";
import { uniqueNameOf } from "../../sql/index-name.ts";
import { foldedName, isSameName } from "./index-names.ts";

/** A difference, and the statement that mends it where one does. */
export interface Finding {
  readonly what: string;
  readonly mend: { readonly kind: AdditionKind; readonly sql: string } | undefined;
}

/** Something that was added. */
export interface Addition {
  readonly kind: AdditionKind;
  readonly text: string;
}

export type AdditionKind = "table" | "column" | "index" | "rename";

/** Adds what can be added; answers what was done. Inside a transaction. */
export function applyTable(connection: Connection, table: Table): Addition[] {
  const done: Addition[] = [];
  // A mend can bring further findings into reach: a renamed table has columns to add.
  for (let round = 0; round < 3; round += 1) {
    const mendable = findingsOf(connection, table).flatMap(({ what, mend }) => (mend ? [{ what, ...mend }] : []));
    if (mendable.length === 0) break;
    for (const { what, kind, sql } of mendable) {
      connection.exec(sql);
      done.push({ kind, text: `${table.name}: ${what}` });
    }
  }
  return done;
}

export function dropIndex(connection: Connection, physical: string): void {
  for (const name of [physical, uniqueNameOf(physical)]) connection.exec(`DROP INDEX IF EXISTS ${quote(name)}`);
}

/** What the database lacks or has otherwise; indexes are looked at once all columns are there. */
export function findingsOf(connection: Connection, table: Table): Finding[] {
  const stored = storedColumns(connection, table.name);
  if (stored.size === 0) return [missingTable(connection, table)];
  const columns = columnFindings(table, stored);
  // Indexes on columns that are not there yet are found in the next round.
  if (columns.length > 0) return columns;
  return table.indexes.flatMap((index) => indexFindings(connection, table, index));
}

/** The newest of its earlier tables that is there, where that of its present name is not. */
export function tableToRename(
  connection: Connection,
  { table, renamedFrom }: Pick<EntityModel, "table" | "renamedFrom">,
): string | undefined {
  const isThere = (name: string): boolean => storedColumns(connection, name).size > 0;
  return isThere(table) ? undefined : renamedFrom.toReversed().find(isThere);
}

function missingTable(connection: Connection, table: Table): Finding {
  const earlier = tableToRename(connection, { table: table.name, renamedFrom: table.entity.renamedFrom });
  if (earlier !== undefined) {
    return {
      what: `the table is still named ${earlier}`,
      mend: { kind: "rename", sql: renameTableSql(connection, earlier, table) },
    };
  }
  const [owner] = connection
    .statement("SELECT tbl_name FROM sqlite_schema WHERE name = ? COLLATE NOCASE")
    .all([table.name]);
  if (owner)
    return { what: `its name is that of an index of ${String(owner[0])}; give it another \`table\``, mend: undefined };
  return { what: "the table is missing", mend: { kind: "table", sql: createTableSql(table) } };
}

/** Indexes carry the table's name in theirs; those of the old name are dropped and made anew. */
function renameTableSql(connection: Connection, earlier: string, table: Table): string {
  const indexes = connection
    .statement(
      "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? COLLATE NOCASE AND sql IS NOT NULL",
    )
    .all([earlier])
    .map((row) => String(row[0]))
    .filter((name) => foldedName(name).startsWith(foldedName(`${earlier}__`)));
  const drops = indexes.map((name) => `DROP INDEX ${quote(name)};`).join(" ");
  return `${drops} ALTER TABLE ${quote(earlier)} RENAME TO ${table.sql}`;
}

interface StoredColumn {
  readonly type: string;
  readonly notNull: boolean;
  /** Position in the primary key from 1; 0 is not in it. */
  readonly key: number;
  /** Whether an insert that leaves it out fills it. */
  readonly hasDefault: boolean;
}

/** By folded name. */
function storedColumns(connection: Connection, table: string): ReadonlyMap<string, StoredColumn> {
  const rows = connection
    .statement(`SELECT name, type, "notnull", pk, dflt_value FROM pragma_table_xinfo(?) WHERE hidden = 0`)
    .all([table]);
  return new Map(
    rows.map((row) => [
      foldedName(String(row[0])),
      {
        type: String(row[1]).toUpperCase(),
        notNull: Number(row[2]) === 1,
        key: Number(row[3]),
        hasDefault: row[4] !== null,
      },
    ]),
  );
}

function columnFindings(table: Table, stored: ReadonlyMap<string, StoredColumn>): Finding[] {
  const findings = table.columns.flatMap((column) => columnFinding(table, column, stored));
  const storedKey = [...stored].filter(([, column]) => column.key > 0).sort(([, a], [, b]) => a.key - b.key);
  const wanted = table.key.map((column) => foldedName(column.name));
  const found = storedKey.map(([name]) => name);
  if (findings.length === 0 && found.join("\n") !== wanted.join("\n")) {
    findings.push({ what: `the key is (${found.join(", ")}), not (${wanted.join(", ")})`, mend: undefined });
  }
  const known = new Set(table.columns.map((column) => foldedName(column.name)));
  for (const [name, column] of stored) {
    // Harmless unless an insert must fill it.
    if (known.has(name) || !column.notNull || findings.length > 0) continue;
    if (column.key > 0) findings.push({ what: `the column ${name} is in the key and in no field`, mend: undefined });
    else if (!column.hasDefault)
      findings.push({ what: `the column ${name} is NOT NULL, has no default and is in no field`, mend: undefined });
  }
  return findings;
}

function columnFinding(table: Table, column: Column, stored: ReadonlyMap<string, StoredColumn>): Finding[] {
  const there = stored.get(foldedName(column.name));
  if (!there) return [missingColumn(table, column, stored)];
  const findings: Finding[] = [];
  if (there.type !== column.declared) {
    findings.push({ what: `the column ${column.name} is ${there.type}, not ${column.declared}`, mend: undefined });
  }
  // A NULL where there should be none reads as zero; a NOT NULL where there may be none refuses writes.
  if (there.notNull && !column.notNull) {
    findings.push({ what: `the column ${column.name} is NOT NULL, but the field may be absent`, mend: undefined });
  }
  if (!there.notNull && column.notNull && there.key === 0) {
    findings.push({ what: `the column ${column.name} may be NULL, but the field is never absent`, mend: undefined });
  }
  return findings;
}

function missingColumn(table: Table, column: Column, stored: ReadonlyMap<string, StoredColumn>): Finding {
  const earlier = column.field.renamedFrom.toReversed().find((name) => stored.has(foldedName(name)));
  if (earlier !== undefined && !table.columns.some((other) => isSameName(other.name, earlier))) {
    return {
      what: `the column ${column.name} is still named ${earlier}`,
      mend: {
        kind: "rename",
        sql: `ALTER TABLE ${table.sql} RENAME COLUMN ${quote(earlier)} TO ${column.sql}`,
      },
    };
  }
  const isKey = table.key.includes(column);
  return {
    what: `the column ${column.name} is missing`,
    mend: isKey ? undefined : { kind: "column", sql: `ALTER TABLE ${table.sql} ADD COLUMN ${columnSql(column)}` },
  };
}

function indexFindings(connection: Connection, table: Table, index: TableIndex): Finding[] {
  const row = connection
    .statement("SELECT tbl_name, sql FROM sqlite_schema WHERE type = 'index' AND name = ? COLLATE NOCASE")
    .get([index.name]);
  if (!row)
    return [{ what: `the index ${index.name} is missing`, mend: { kind: "index", sql: createIndexSql(table, index) } }];
  if (!isSameName(String(row[0]), table.name)) {
    return [{ what: `the index ${index.name} belongs to the table ${String(row[0])}`, mend: undefined }];
  }
  const wanted = index.columns.map(({ column, desc }) => `${column.name}${desc ? " desc" : ""}`).join(", ");
  const found = connection
    .statement(`SELECT name, "desc" FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno`)
    .all([index.name])
    .map((part) => `${String(part[0])}${Number(part[1]) === 1 ? " desc" : ""}`)
    .join(", ");
  const isUnique = /^CREATE UNIQUE/i.test(String(row[1]));
  const isPartial = / WHERE /i.test(String(row[1]));
  if (isSameName(found, wanted) && isUnique === index.unique && isPartial === (index.partial !== undefined)) return [];
  const kind = isUnique === index.unique ? "" : isUnique ? "unique " : "not unique ";
  return [{ what: `the index ${index.name} is ${kind}on (${found}), not on (${wanted})`, mend: undefined }];
}
