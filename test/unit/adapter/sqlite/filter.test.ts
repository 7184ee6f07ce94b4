/** Filters in SQL say what `model/evaluate.ts` says. */

import fc from "fast-check";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import type { Cursor } from "../../../../src/adapter/adapter.ts";
import { filterSql, isExpressible } from "../../../../src/adapter/sql/filter.ts";
import type { SqlValue } from "../../../../src/adapter/sql/sql-value.ts";
import { sqliteDialect } from "../../../../src/adapter/sqlite/dialect.ts";
import type { SqliteAdapter } from "../../../../src/adapter/sqlite/open.ts";
import { columnAt } from "../../../../src/adapter/sql/table.ts";
import { tableOf } from "../../../../src/adapter/sqlite/tables/table.ts";
import { keyOf, keyText } from "../../../../src/model/key.ts";
import { compileFilter } from "../../../../src/model/evaluate.ts";
import type { Field } from "../../../../src/model/field.ts";
import type { Condition, Filter } from "../../../../src/model/filter.ts";
import { isList, isMap, type MapKey, type EntityRecord, type Value } from "../../../../src/model/value.ts";
import { anyRecord, anyText, anyValue } from "./records.ts";
import { anyCall, createOf, entity, NOW, openStore, ordinalOf, writeAll } from "./store.ts";

const everything = entity("test.v1.Everything");
const table = tableOf(everything);

function sqlOf(filter: Filter): { readonly sql: string; readonly parameters: readonly SqlValue[] } {
  const parameters: SqlValue[] = [];
  const sql = filterSql(filter, {
    dialect: sqliteDialect,
    column: (ordinal) => {
      const { sql: name, field, bind } = columnAt(table.columns, ordinal);
      return { sql: name, type: field.type, bind };
    },
    parameter: (value) => {
      parameters.push(value);
      return "?";
    },
  });
  return { sql, parameters };
}

const at = (name: string): number => ordinalOf(everything, name);

describe("a plan", () => {
  it("leaves to the residual what SQL says otherwise than we do", async () => {
    const store = await openStore([everything]);
    onTestFinished(() => store.close());
    const planned = (name: string, value: MapKey): unknown => {
      const where = { kind: "condition", op: "has_any", ordinal: at(name), values: [value] } as const;
      const { pushed, residual } = store.plan({ entity: everything, where, order: [] });
      return { pushed: pushed !== undefined, residual: residual !== undefined };
    };
    expect(planned("strings", "a")).toEqual({ pushed: true, residual: false });
    expect(planned("doubles", 0.1)).toEqual({ pushed: false, residual: true });
  });
});

describe("SQL of filters", () => {
  it.each<[string, Filter, string, readonly SqlValue[]]>([
    [
      "eq",
      { kind: "condition", op: "eq", ordinal: at("string_value"), value: "x' OR 1=1--" },
      `"string_value" = ?`,
      ["x' OR 1=1--"],
    ],
    ["a reserved word", { kind: "condition", op: "ne", ordinal: at("select"), value: "a" }, `"select" <> ?`, ["a"]],
    [
      "another column name",
      { kind: "condition", op: "lt", ordinal: at("group"), value: "a" },
      `"group_name" < ?`,
      ["a"],
    ],
    [
      "in",
      { kind: "condition", op: "in", ordinal: at("int64_value"), values: [1n, 2n] },
      `"int64_value" IN (?, ?)`,
      [1n, 2n],
    ],
    ["is_null", { kind: "condition", op: "is_null", ordinal: at("took"), value: false }, `"took" IS NOT NULL`, []],
    [
      "contains",
      { kind: "condition", op: "contains", ordinal: at("string_value"), value: "%" },
      `instr("string_value", ?) > 0`,
      ["%"],
    ],
    [
      "starts_with",
      { kind: "condition", op: "starts_with", ordinal: at("string_value"), value: "💩a" },
      `substr("string_value", 1, 2) = ?`,
      ["💩a"],
    ],
    [
      "not",
      { kind: "not", term: { kind: "condition", op: "eq", ordinal: at("bool_value"), value: true } },
      `(("bool_value" = ?) IS NOT TRUE)`,
      [1],
    ],
    [
      "groups",
      {
        kind: "group",
        op: "or",
        terms: [
          {
            kind: "group",
            op: "and",
            terms: [{ kind: "condition", op: "gte", ordinal: at("uint64_value"), value: 0n }],
          },
          { kind: "condition", op: "gt", ordinal: at("huge_decimal"), value: -1n },
        ],
      },
      `(("uint64_value" >= ?) OR "huge_decimal" > ?)`,
      [-(2n ** 63n), `0${"9".repeat(77)}8`],
    ],
    [
      "has_any",
      { kind: "condition", op: "has_any", ordinal: at("int64_set"), values: [5n] },
      `(EXISTS (SELECT 1 FROM json_each("int64_set") WHERE value = ?))`,
      ["5"],
    ],
  ])("%s", (_, filter, sql, parameters) => {
    expect(sqlOf(filter)).toEqual({ sql, parameters });
  });
});

function anyCondition(field: Field, values: fc.Arbitrary<Value>): fc.Arbitrary<Condition> {
  const { ordinal, type } = field;
  const flags = fc.boolean().map((value): Condition => ({ kind: "condition", op: "is_null", ordinal, value }));
  if (type.kind === "message") return flags;
  if (type.kind === "list" || type.kind === "map") {
    const elements = values.map((value): readonly MapKey[] => keysIn(value));
    return fc.oneof(
      fc.boolean().map((value): Condition => ({ kind: "condition", op: "is_empty", ordinal, value })),
      fc
        .tuple(fc.constantFrom("has_any" as const, "has_all" as const), elements)
        .map(([op, wanted]): Condition => ({ kind: "condition", op, ordinal, values: wanted })),
    );
  }
  const compared = fc
    .tuple(fc.constantFrom("eq" as const, "ne", "lt", "lte", "gt", "gte"), values)
    .map(([op, value]): Condition => ({ kind: "condition", op, ordinal, value }));
  const members = fc
    .uniqueArray(values, { minLength: 1, maxLength: 3, selector: String })
    .map((list): Condition => ({ kind: "condition", op: "in", ordinal, values: list }));
  if (type.kind !== "string") return fc.oneof(compared, members, flags);
  const texts = fc
    .tuple(fc.constantFrom("starts_with" as const, "contains"), anyText)
    .map(([op, value]): Condition => ({
      kind: "condition",
      op,
      ordinal,
      value: value.slice(0, 1) === "\uD83D" ? "a" : value,
    }));
  return fc.oneof(compared, members, flags, texts);
}

/** Timestamps as the repository hands them down: in the store's precision. */
function anyOperand({ type }: Field): fc.Arbitrary<Value> {
  const values = anyValue(type, 0);
  return type.kind === "timestamp"
    ? values.map((nanos) => (typeof nanos === "bigint" ? (nanos / 1000n) * 1000n : nanos))
    : values;
}

function keysIn(value: Value): readonly MapKey[] {
  const found = isMap(value) ? [...value.keys()] : isList(value) ? value : [];
  return found.filter((key) => typeof key !== "object" && key !== undefined).slice(0, 2);
}

const expressible = everything.fields.filter(({ type, ordinal }) =>
  type.kind === "list" ? isExpressible({ kind: "condition", op: "has_any", ordinal, values: [] }, type) : true,
);

function anyFilter(rows: readonly EntityRecord[]): fc.Arbitrary<Filter> {
  const condition = fc.constantFrom(...expressible).chain((field) => {
    const stored = rows.map((row) => row[field.ordinal]).filter((value) => value !== undefined);
    const values = stored.length === 0 ? anyOperand(field) : fc.oneof(fc.constantFrom(...stored), anyOperand(field));
    return anyCondition(field, values);
  });
  const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      condition,
      tie("filter").map((term): Filter => ({ kind: "not", term })),
      fc
        .tuple(fc.constantFrom("and" as const, "or"), fc.array(tie("filter"), { maxLength: 3 }))
        .map(([op, terms]): Filter => ({ kind: "group", op, terms })),
    ),
  }));
  return filter;
}

const idOf = (row: EntityRecord): string => keyText(keyOf(everything, row));

describe("filters pushed down", () => {
  let opened: Promise<SqliteAdapter> | undefined;
  afterAll(async () => (await opened)?.close());

  it("choose the rows that the evaluator chooses", async () => {
    const store = await (opened ??= openStore([everything], { url: new URL("sqlite::memory:") }));
    const managed = [everything.managed.deletedAt, everything.managed.expiresAt, at("slug")];
    const records = fc.sample(
      anyRecord(everything, (ordinal) => (ordinal === at("id") ? fc.constant("") : undefined)),
      120,
    );
    const rows = records.map((record, i) =>
      record.map((value, ordinal) =>
        ordinal === at("id") ? `row ${i}` : managed.includes(ordinal) ? undefined : value,
      ),
    );
    await writeAll(
      store,
      rows.map((row) => createOf(everything, row)),
    );
    await fc.assert(
      fc.asyncProperty(anyFilter(rows), async (where) => {
        const plan = store.plan({ entity: everything, where, order: [] });
        expect(plan.residual).toBeUndefined();
        const window = {
          limit: 1_000,
          maxBytes: 1e9,
          fields: [at("id")],
          visible: { deleted: false, now: NOW },
          consistency: undefined,
        };
        const found: string[] = [];
        let after: Cursor | undefined;
        do {
          const page = await store.scan(plan, { ...window, ...(after && { after }) }, anyCall());
          found.push(...page.rows.map((row) => idOf(row)));
          after = page.next;
        } while (after); // a window ends after so many milliseconds, whatever is asked for
        const holds = compileFilter(everything, where);
        const wanted = rows.filter(holds).map((row) => idOf(row));
        expect(found.toSorted()).toEqual(wanted.toSorted());
        const count = await store.count?.(plan, { visible: window.visible, consistency: undefined }, anyCall());
        expect(count).toBe(wanted.length);
      }),
      { numRuns: 400 },
    );
  });
});
