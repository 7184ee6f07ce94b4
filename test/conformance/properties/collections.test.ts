/** Random rows of several entities, and random questions: a collection is what a plain model makes of its rows' texts. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { itemTexts } from "../../../src/adapter/item-template.ts";
import { compareText } from "../../../src/model/compare.ts";
import type { SortKeyCondition } from "../../../src/repository/operation.ts";
import { collected, type Asked } from "../collection.ts";
import { sparse, type Plain } from "../plain.ts";
import { stores, type OpenedSubject } from "../stores.ts";
import type { Subject } from "../subject.ts";

const RUNS = 40;

interface Row {
  readonly entity: string;
  readonly row: Plain;
}

const text = fc.string({
  unit: fc.constantFrom("a", "b", "#", "!", "$", "~", "\u{1F600}"),
  minLength: 1,
  maxLength: 3,
});
const moment = fc
  .integer({ min: -2, max: 40 })
  .map((days) => 1_772_323_200_000_000_000n + BigInt(days) * 43_200_000_000_000n);
const number = fc.oneof(fc.integer({ min: -12, max: 12 }), fc.integer());
const person = fc.option(fc.constantFrom("ann", "bob"), { nil: undefined });

/** In the partition of a team that the test names. */
const row: fc.Arbitrary<(team: string) => Row> = fc.oneof(
  fc.constant((team: string): Row => ({ entity: "Team", row: { id: team } })),
  fc.record({ number: number.map(BigInt), assignee: person, due: fc.option(moment, { nil: undefined }) }).map(
    (fields) => (team: string): Row => ({ entity: "Task", row: { team, ...fields } }),
  ),
  fc.record({ at: moment, id: text, author: person }).map(
    (fields) => (team: string): Row => ({ entity: "Remark", row: { team, ...fields } }),
  ),
  fc.record({ name: text, rank: number }).map((fields) => (team: string): Row => ({ entity: "Label", row: { team, ...fields } })),
); // prettier-ignore

interface Question {
  readonly index: boolean;
  /** Position of the row whose text is taken, how much of it, and what is put behind. */
  readonly bounds: readonly { readonly at: number; readonly length: number; readonly more: string }[];
  readonly kind: "none" | "eq" | "prefix" | "lower" | "upper" | "both";
  readonly inclusive: boolean;
  readonly descending: boolean;
  readonly pageSize: number;
  readonly entities: readonly string[];
}

const question: fc.Arbitrary<Question> = fc.record({
  index: fc.boolean(),
  bounds: fc.array(fc.record({ at: fc.nat(20), length: fc.nat(45), more: fc.constantFrom("", "#", "0", "z", "-", "$") }), { minLength: 2, maxLength: 2 }),
  kind: fc.constantFrom("none", "eq", "prefix", "lower", "upper", "both"),
  inclusive: fc.boolean(),
  descending: fc.boolean(),
  pageSize: fc.constantFrom(1, 2, 3, 100),
  entities: fc.subarray(["Team", "Task", "Remark", "Label"], { minLength: 1 }),
}); // prettier-ignore

interface Item {
  readonly entity: string;
  readonly sortKey: string;
}

/** The texts of rows in the partition, by hand. */
function itemsOf(subject: Subject, rows: readonly Row[], partition: string, byIndex: boolean): readonly Item[] {
  return rows.flatMap(({ entity: name, row: plain }): Item | readonly [] => {
    const { entity } = subject.rows(name);
    const texts = itemTexts(entity, byIndex ? entity.indexes[0] : undefined);
    const record = sparse(entity.message, plain);
    const sortKey = texts?.sort.encode(record);
    if (texts?.partition.encode(record) !== partition || sortKey === undefined) return [];
    return { entity: name, sortKey };
  });
}

function conditionOf({ kind, inclusive, bounds }: Question, items: readonly Item[]): SortKeyCondition | undefined {
  const [first = "", second = ""] = bounds.map(
    ({ at, length, more }) => (items[at % Math.max(1, items.length)]?.sortKey ?? "").slice(0, length) + more,
  );
  switch (kind) {
    case "none":
      return undefined;
    case "eq":
      return { eq: first };
    case "prefix":
      return { startsWith: first };
    case "lower":
      return inclusive ? { gte: first } : { gt: first };
    case "upper":
      return inclusive ? { lte: first } : { lt: first };
    case "both":
      return inclusive ? { gte: first, lt: second } : { gt: first, lte: second };
  }
}

function holds({ eq, startsWith, gt, gte, lt, lte }: SortKeyCondition, key: string): boolean {
  return (
    (eq === undefined || key === eq) &&
    (startsWith === undefined || key.startsWith(startsWith)) &&
    (gt === undefined || compareText(key, gt) > 0) &&
    (gte === undefined || compareText(key, gte) >= 0) &&
    (lt === undefined || compareText(key, lt) < 0) &&
    (lte === undefined || compareText(key, lte) <= 0)
  );
}

async function fill(subject: Subject, made: readonly ((team: string) => Row)[], team: string): Promise<readonly Row[]> {
  const rows = new Map<string, Row>();
  for (const make of made) {
    const next = make(team);
    await subject.rows(next.entity).put(next.row);
    const key = subject
      .rows(next.entity)
      .entity.key.map(({ ordinal }) => sparse(subject.rows(next.entity).entity.message, next.row)[ordinal]);
    rows.set(`${next.entity} ${key.map(String).join("\0")}`, next);
  }
  return [...rows.values()];
}

describe.each(stores.filter(({ name }) => ["memory", "partitioned memory", "SQLite file", "kv"].includes(name)))(
  "on $name",
  (store) => {
    test("a collection is its rows by their texts", { timeout: 600_000 }, async () => {
      const opened: OpenedSubject = await store.open();
      const { subject } = opened;
      let people = 0;
      try {
        await fc.assert(
          fc.asyncProperty(
            fc.array(row, { maxLength: 16 }),
            fc.array(question, { minLength: 1, maxLength: 6 }),
            async (made, questions) => {
              const team = subject.unique("team");
              const suffix = `${people++}`;
              const own = made.map((make) => (id: string): Row => {
                const { entity, row: plain } = make(id);
                const named = (value: unknown): string | undefined =>
                  typeof value === "string" ? value + suffix : undefined;
                if (entity === "Task") return { entity, row: { ...plain, assignee: named(plain["assignee"]) } };
                return entity === "Remark"
                  ? { entity, row: { ...plain, author: named(plain["author"]) } }
                  : { entity, row: plain };
              });
              const rows = await fill(subject, own, team);
              for (const asked of questions) {
                const partition = asked.index ? `WHO#ann${suffix}` : `TEAM#${team}`;
                const entities = asked.index ? ["Task", "Remark"] : asked.entities;
                const items = itemsOf(subject, rows, partition, asked.index).filter(({ entity }) =>
                  entities.includes(entity),
                );
                const condition = conditionOf(asked, items);
                const { descending, pageSize } = asked;
                const request: Asked = {
                entities, partition, descending, pageSize,
                ...(asked.index && { index: "GSI1" }),
                ...(condition && { sortKey: condition }),
              }; // prettier-ignore
                const found = await collected(subject, request);
                const keys = found.map(({ sortKey }) => sortKey);
                const sign = descending ? -1 : 1;
                expect(keys).toEqual(keys.toSorted((a, b) => sign * compareText(a, b)));
                const wanted = items.filter(({ sortKey }) => !condition || holds(condition, sortKey));
                const told = (all: readonly Item[]): readonly string[] =>
                  all.map(({ entity, sortKey }) => `${entity} ${sortKey}`).toSorted();
                expect(told(found)).toEqual(told(wanted));
              }
            },
          ),
          { numRuns: RUNS },
        );
      } finally {
        await opened.close();
      }
    });
  },
);
