/** The page "changing a schema", made from what the planner answers. */

import { sqliteAbilities } from "../../../src/adapter/sqlite/abilities.ts";
import { contractOf } from "../../../src/migration/contract.ts";
import { planChange } from "../../../src/migration/plan-change.ts";
import { planRemoval } from "../../../src/migration/plan-removal.ts";
import type { Plan } from "../../../src/migration/plan.ts";
import { gravest, typeDifferences } from "../../../src/migration/type-change.ts";
import type { EntityModel } from "../../../src/model/entity.ts";
import { changes } from "./changes.ts";
import { entityOf, historyOf } from "./entities.ts";
import { sampleTypes, type SampleType } from "./types.ts";

export function planOf(before: EntityModel, after: EntityModel, rows = 1_000_000): Plan {
  return planChange({ wanted: contractOf(after), history: historyOf(before), abilities: sqliteAbilities, rows });
}

/** One character for a pair of types. */
export function markOf(from: SampleType, to: SampleType): string {
  const grave = gravest(typeDifferences(from.type, to.type));
  switch (grave) {
    case "same":
      return ".";
    case "renamed":
    case "added":
    case "left":
      return "a";
    case "widened":
      return sqliteAbilities.isSameForm(from.type, to.type) ? "i" : "c";
    case "narrowed":
      return "n";
    case "impossible":
      return "-";
  }
}

const HEAD = `# Changing a schema

Rows are known by their field's number, at every depth: a name may change, a number may not change its meaning. The store
remembers the contract its rows were written under; \`pannier check\` and \`pannier migrate plan\` compare it with the entity
as it is now, look at the rows, and change nothing. \`pannier migrate apply\` does what the plan says.

Who does a change: **at the start** a process with \`tables: auto\` does it, and no row is touched; **migrate apply** takes a
command, while the earlier version goes on serving until the last step; **--accept** has to be asked for by name, because
something may be lost or may not fit; **refused** is never done. Until a change that must wait is done, that entity alone
is NOT_SERVING with SCHEMA_DRIFT, and its plan is in the log, in \`check\` and in DescribeEntity. Both tables here are
what the planner answers for SQLite with a million rows; the test run compares them.

`;

const MIDDLE = `
## Stores

What is done at the start is done in every store with contracts. **migrate apply** and **--accept** work in **sqlite** and **kv**. In **postgres**, **cockroachdb**, **mysql**,
**mariadb** and **tidb** no rows are converted: \`migrate plan\` and \`check\` name each such step and say "by hand", \`migrate apply\` refuses (exit status 78), and the entity is NOT_SERVING until one
of these is done:

- Take the change back: the contract in the store still stands, and the entity is served again.
- Declare a new field with a new number and another name, fill it by a program through the API, and stop declaring the old one; its column stays.
- By hand: end all sidecars of the store; change the column to the type that a new table would have (the README of the backend says it), under the name that the
  schema has now; \`DELETE FROM _pannier_contracts WHERE entity = 'shop.v1.Order'\`; start one sidecar. Without a contract it compares the table itself with the entity, and
  says in what they still differ.

In **mysql** and **mariadb** a new index over a text that was in none before needs another type of column (longtext becomes varchar). Below 10,000 rows the start does it; beyond, the server
would copy the table while writers wait, so the entity is NOT_SERVING under the new schema, its drift says both types, and the column is changed by hand when that suits (sidecars of the schema
before go on).

Other stores (cassandra, scylla, dynamodb) keep no contracts: \`migrate plan\` compares their tables with the entities.

## From one type to another

A row is the type in the store, a column the type now; the columns are numbered as the rows are.
\`.\` the same; \`a\` additive; \`i\` instant, stored alike; \`c\` converted by migrate apply, every value exactly; \`n\` narrowed:
every row is looked at, only with --accept; \`-\` refused: a new field with a new number is the way.

`;

const TAIL = `
## Old and new side by side

- A process of an earlier version, started again or still running, serves as long as its fields are there in a form it
  reads. It changes nothing in the contract. A value that it cannot hold (an int64 in its int32) fails that row alone.
- Its Updates leave alone what it does not know: columns by number, and members inside embedded messages that it did not
  replace. A message that its caller writes anew holds what the caller knew.
- Its Put replaces the fields it knows and keeps the others, like an Update with \`*\`. Delete and Create again leave the
  unknown fields absent.
- Rolling back finds the same columns. Forward again finds what was written meanwhile.
- A write with a \`request_id\` that is asked again of another version is never done twice. Where the two read the request
  alike, the recorded answer is given; where a field of that answer has another type since, it is SCHEMA_DRIFT, and where the
  request reads otherwise, REQUEST_ID_REUSED: the row says what was written.
- Where a change gives a column another form, and that includes whether it knows absence, the earlier version is out of
  service for that entity until it is rolled back by migrate apply, or replaced.
- Soft delete that a newer version brought is not seen by an older one: it shows rows marked deleted.
`;

export function page(): string {
  return HEAD + changesTable() + MIDDLE + matrix() + TAIL;
}

const WHO = { none: "nothing to do", auto: "at the start", apply: "migrate apply", accept: "--accept", hand: "by hand", never: "refused" } as const; // prettier-ignore

function changesTable(): string {
  const rows = changes.flatMap(({ what, before, after }) => {
    const { steps } = planOf(before, after);
    return steps.length === 0
      ? [[what, "nothing", WHO.none, ""]]
      : steps.map((step, i) => [i === 0 ? what : "", step.class, WHO[step.by], step.what]);
  });
  return aligned([["change", "class", "who", "what happens to the rows"], ...rows, ...removalRows()]);
}

function removalRows(): readonly (readonly string[])[] {
  return historyOf(entityOf({ fields: [[1, "id", { kind: "string" }]] }))
    .flatMap((stored) => planRemoval(stored, sqliteAbilities).steps)
    .map((step) => ["the entity removed", step.class, WHO[step.by], step.what]);
}

function aligned(rows: readonly (readonly string[])[]): string {
  const escaped = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|").replaceAll("<", "\\<")));
  const widths = (escaped[0] ?? []).map((_, i) => Math.max(...escaped.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = escaped;
  return `${[line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n")}\n`;
}

function matrix(): string {
  const width = Math.max(...sampleTypes.map(({ name }) => name.length));
  const head = (digit: (i: number) => string): string =>
    `${" ".repeat(width + 4)}${sampleTypes.map((_, i) => digit(i)).join(" ")}`;
  const lines = sampleTypes.map(
    (from, i) =>
      `${String(i + 1).padStart(2)} ${from.name.padEnd(width)} ${sampleTypes.map((to) => markOf(from, to)).join(" ")}`,
  );
  const tens = head((i) => (i + 1 < 10 ? " " : String(Math.floor((i + 1) / 10)))).trimEnd();
  return `\`\`\`text\n${[tens, head((i) => String((i + 1) % 10)), ...lines].join("\n")}\n\`\`\`\n`;
}
