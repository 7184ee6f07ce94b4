/**
 * The page that shows all stores side by side: what each ran, and which capability it does not publish where a clause was skipped.
 * `PANNIER_CONFORMANCE_PAGE=write` makes the suite write it; stores that a run has not keep the column of the run that had them.
 */

import { readFile, writeFile } from "node:fs/promises";
import { format } from "prettier";
import type { StoreReport } from "./table.ts";

const FILE = new URL("../../src/adapter/CONFORMANCE.md", import.meta.url);

const RAN = "✓";
const UNKNOWN = "?";

/** One store's column: what stands beside each clause, by its name. */
export interface Column {
  readonly store: string;
  readonly version: string;
  readonly cells: ReadonlyMap<string, string>;
}

/** Of stores that were asked every clause. */
export function columnsOf(reports: readonly StoreReport[], clauses: readonly string[]): readonly Column[] {
  return reports
    .filter(({ ran, skipped }) => ran.length + skipped.length === clauses.length)
    .map(({ store, version, ran, skipped }) => ({
      store,
      version,
      cells: new Map([
        ...ran.map((clause) => [clause, RAN] as const),
        ...skipped.map(({ clause, missing }) => [clause, missing.join(", ")] as const),
      ]),
    }));
}

export interface Comparison {
  /** What the page says and this run does not. */
  readonly wrong: readonly string[];
  /** Of what the page says nothing yet: new stores and new clauses, which some servers may not have been asked. */
  readonly unsaid: number;
}

/** The committed page beside this run; versions are those of the run that wrote it. */
export async function comparedWithPage(columns: readonly Column[], clauses: readonly string[]): Promise<Comparison> {
  const written = columnsIn(await readFile(FILE, "utf8"));
  const wrong: string[] = [];
  let unsaid = 0;
  for (const { store, cells } of columns) {
    const column = written.find((each) => each.store === store);
    for (const clause of clauses) {
      const said = column?.cells.get(clause) ?? UNKNOWN;
      const found = cells.get(clause) ?? UNKNOWN;
      if (said === UNKNOWN) unsaid += 1;
      else if (said !== found) wrong.push(`${store}, ${clause}: ${found}, and the page says ${said}`);
    }
  }
  return { wrong, unsaid };
}

export async function writePage(columns: readonly Column[], clauses: readonly string[]): Promise<void> {
  const written = await readFile(FILE, "utf8").then(columnsIn, () => []);
  const known = written.filter(({ store }) => columns.every((each) => each.store !== store));
  const all = [...columns, ...known].toSorted((a, b) => placeOf(a.store) - placeOf(b.store));
  await writeFile(FILE, await format(pageOf(all, clauses), { parser: "markdown", printWidth: 120 }));
}

const ORDER = [
  "memory",
  "gathered memory",
  "weak memory",
  "partitioned memory",
  "SQLite file",
  "SQLite in memory",
  "kv",
  "PostgreSQL",
  "CockroachDB",
  "MariaDB",
  "MySQL",
  "TiDB",
  "Cassandra",
  "ScyllaDB",
  "DynamoDB",
  "DynamoDB single table",
];

function placeOf(store: string): number {
  const at = ORDER.indexOf(store);
  return at < 0 ? ORDER.length : at;
}

function pageOf(columns: readonly Column[], clauses: readonly string[]): string {
  const count = (column: Column): number => clauses.filter((clause) => column.cells.get(clause) === RAN).length;
  const lines = [
    "# What every store does",
    "",
    `Written by the suite of test/conformance, which runs ${clauses.length} clauses on every store against the real server, and holds this page to what it`,
    `ran: ${RAN} ran, and a name is the capability that the store does not publish, for which the clause was skipped.`,
    "",
    "MySQL and TiDB run with `PANNIER_TEST_SERVERS=all` alone; a run without them leaves their columns as they are. ScyllaDB, where no url names one, is Apache Cassandra with plain indexes; DynamoDB is Amazon's DynamoDB Local.",
    "",
    "DynamoDB Local knows no conflicts of transactions, no throttling and no index that is behind its table: these are answers of a proxy before it",
    "(`test/integration/dynamodb-faults.test.ts`, `test/integration/dynamodb-tables.test.ts`), and were proved on no real DynamoDB.",
    "",
    "**No row was proved on a real CockroachDB.** Unless `PANNIER_TEST_COCKROACHDB_URL` names one, its column is of the adapter on PostgreSQL, behind a proxy that",
    "names itself CockroachDB and makes 3 % of the statements, COMMIT among them, fail with 40001.",
    "",
    row(["store", "version", "ran", "skipped"]),
    row(["---", "---", "---:", "---:"]),
    ...columns.map((column) =>
      row([column.store, column.version, String(count(column)), String(clauses.length - count(column))]),
    ),
    "",
    row(["clause", ...columns.map(({ store }) => store)]),
    row(["---", ...columns.map(() => "---")]),
    ...clauses.map((clause) => row([clause, ...columns.map(({ cells }) => cells.get(clause) ?? UNKNOWN)])),
  ];
  return `${lines.join("\n")}\n`;
}

function columnsIn(page: string): readonly Column[] {
  const tables = page.split(/\n\s*\n/u).filter((part) => part.startsWith("|"));
  const [versions = [], cells = []] = tables.map((table) => table.trim().split("\n").map(cellsIn));
  const [[, ...stores] = [], , ...rows] = cells;
  return stores.map((store, i) => ({
    store,
    version: versions.find(([name]) => name === store)?.[1] ?? "",
    cells: new Map(rows.map(([clause = "", ...told]) => [clause, told[i] ?? UNKNOWN])),
  }));
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("_", "\\_").replaceAll("*", "\\*")).join(" | ")} |`;
}

function cellsIn(line: string): readonly string[] {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/u)
    .map((cell) => cell.trim().replaceAll(/\\(?=[|_*])/gu, ""));
}
