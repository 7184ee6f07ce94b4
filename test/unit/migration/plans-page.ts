/** The page "plans as people read them": changes over rows of a real file, planned by a real store. */

import { planText } from "../../../src/migration/plan-text.ts";
import type { FieldType } from "../../../src/model/field.ts";
import type { Value } from "../../../src/model/value.ts";
import { Process } from "../../conversion/process.ts";
import { createOf, recordWith, temporaryDirectory } from "../adapter/sqlite/store.ts";
import { entityOf, type EntityParts, type FieldRow } from "./entities.ts";
import { message } from "./types.ts";

interface Planned {
  readonly what: string;
  readonly before: EntityParts;
  /** Absent where it is no longer declared. */
  readonly after?: EntityParts;
  readonly rows: readonly { readonly [name: string]: Value }[];
}

const text: FieldType = { kind: "string" };
const int32: FieldType = { kind: "int32" };
const int64: FieldType = { kind: "int64" };
const moment: FieldType = { kind: "timestamp" };
const optional = { presence: true };
const id: FieldRow = [1, "id", text];
const decimal = (precision: number, scale: number): FieldType => ({ kind: "decimal", precision, scale });
const box = (...fields: Parameters<typeof message>[1]): FieldRow => [2, "box", { kind: "message", message: message("shop.v1.Box", fields) }]; // prettier-ignore
const order = (...fields: readonly FieldRow[]): EntityParts => ({ name: "shop.v1.Order", table: "orders", fields: [id, ...fields] }); // prettier-ignore
const unique = [{ name: "by_email", fields: ["email"], unique: true }];
const three = (name: string, ...values: readonly Value[]): Planned["rows"] => values.map((value, i) => ({ id: `o${i}`, [name]: value })); // prettier-ignore

const planned: readonly Planned[] = [
  { what: "A field is renamed", before: order([2, "note", text]), after: order([2, "remark", text]), rows: three("note", "a", "b", "c") },
  { what: "A field is removed", before: order([2, "note", text]), after: order(), rows: three("note", "a", "b", "") },
  { what: "A decimal gets two digits more", before: order([2, "total", decimal(10, 2)]), after: order([2, "total", decimal(12, 4)]), rows: three("total", 1999n, -1n, 0n) },
  { what: "An int64 becomes an int32, and one value does not fit", before: order([2, "count", int64]), after: order([2, "count", int32]), rows: three("count", 1n, 2n, 3_000_000_000n) },
  { what: "A number becomes a moment", before: order([2, "at", int64]), after: order([2, "at", moment, optional]), rows: three("at", 1n) },
  { what: "An optional field becomes plain", before: order([2, "count", int32, optional]), after: order([2, "count", int32]), rows: [...three("count", 1, 2), { id: "o9" }] },
  { what: "Inside an embedded message a field is renamed and widened, and one is removed", before: order(box([1, "width", int32], [2, "label", text])), after: order(box([1, "breadth", int64])), rows: three("box", [7, "x"], [8, "y"]) },
  { what: "A unique index over rows that are equal", before: order([2, "email", text]), after: { ...order([2, "email", text]), indexes: unique }, rows: three("email", "a@b", "a@b", "c@d") },
  { what: "A unique index leaves out deleted rows from now on", before: { ...order([2, "email", text]), indexes: unique }, after: { ...order([2, "email", text], [3, "deleted_at", moment, optional]), indexes: unique, managed: { deletedAt: "deleted_at" } }, rows: three("email", "a@b", "c@d") },
  { what: "The key is walked the other way", before: { ...order([2, "n", int64]), key: ["id", "n"] }, after: { ...order([2, "n", int64]), key: ["id", "n desc"] }, rows: three("n", 1n, 2n) },
  { what: "The entity is removed", before: order([2, "note", text]), rows: three("note", "a", "b") },
]; // prettier-ignore

const HEAD = `# Plans as people read them

\`pannier check\` and \`pannier migrate plan\` print these; \`pannier migrate plan --json\` says the same to programs. The test run makes
each from rows in a file, and compares it with this page. What each kind of change is, and who may do it: [CHANGING.md](CHANGING.md).
`;

export function plansPage(): string {
  return [HEAD, ...planned.map((change) => `## ${change.what}\n\n\`\`\`text\n${planOf(change)}\n\`\`\`\n`)].join("\n");
}

/** A store that knows another entity beside, so that a removed one is seen. */
const other = entityOf({ name: "shop.v1.Other", table: "others", fields: [id] });

function planOf({ before, after, rows }: Planned): string {
  const dataDir = temporaryDirectory();
  const entity = entityOf(before);
  const seeding = new Process(dataDir, entity);
  for (const row of rows) seeding.write(createOf(entity, recordWith(entity, row)), false);
  seeding.close();
  if (!after) new Process(dataDir, other).close();
  const process = new Process(dataDir, after ? entityOf(after) : other, "off");
  const texts = process.plans().map((report) => planText({ store: "default", ...report }));
  process.close();
  return texts.filter((found) => found !== "").join("\n");
}
