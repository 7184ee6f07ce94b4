/** The residual evaluator and a store's own filtering share no code, and must agree on every row and filter. */

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EntityModel } from "../../../src/model/entity.ts";
import { compileFilter } from "../../../src/model/evaluate.ts";
import type { Filter } from "../../../src/model/filter.ts";
import type { EntityRecord, Value } from "../../../src/model/value.ts";
import type { Repository } from "../../../src/repository/repository.ts";
import { testCall } from "../rows.ts";
import { stores, type OpenedSubject } from "../stores.ts";
import { filterOf } from "./filters.ts";
import { recordOf } from "./values.ts";

const ROWS = 150;
const FILTERS = 600;
/** On a store that extends another, whose filters are that one's but for a few. */
const FEWER = 150;
/** Milliseconds, on a machine where every core has work. */
const LIMIT = 240_000;
/** Printed with the test's name, to draw the same rows again. */
const seed = Math.floor(Math.random() * 2 ** 31);

for (const store of stores.filter(({ name }) =>
  ["memory", "SQLite in memory", "PostgreSQL", "CockroachDB", "MariaDB", "TiDB"].includes(name),
)) {
  const filters = store.name === "CockroachDB" ? FEWER : FILTERS;
  describe(`${store.name}, rows of seed ${seed}`, () => {
    let opened: OpenedSubject;
    let repository: Repository;
    let entity: EntityModel;
    const rows: EntityRecord[] = [];

    beforeAll(async () => {
      opened = await store.open();
      ({ repository } = opened.subject.rows("Everything"));
      ({ entity } = repository);
      for (const drawn of fc.sample(recordOf(entity.message, 2), { numRuns: ROWS, seed })) {
        const written = await repository.create(createOf(entity, drawn, rows.length), testCall());
        rows.push(written.entity!.record);
      }
    });
    afterAll(() => opened.close());

    test(
      `${filters} filters choose the same rows as the evaluator`,
      async () => {
        let native = 0;
        const holds = async (filter: Filter): Promise<void> => {
          const plan = opened.subject.adapter.plan({ entity, where: filter, order: [] });
          if (!plan.residual) native++;
          expect(await listed(repository, filter)).toEqual(expected(entity, rows, filter));
        };
        await fc.assert(
          fc.asyncProperty(filterOf(entity), (filter) => holds(filter)),
          { numRuns: filters },
        );
        expect(native, "filters that the store evaluated alone").toBeGreaterThan(filters / 4);
      },
      LIMIT,
    );
  });
}

/** Under a key of its own, without what would hide it or meet another row. */
function createOf(entity: EntityModel, drawn: EntityRecord, i: number): Parameters<Repository["create"]>[0] {
  const record: (Value | undefined)[] = entity.fields.map(({ ordinal, maxLength, type }) => {
    const value = drawn[ordinal];
    if (maxLength === 0) return value;
    return type.kind === "bytes" || type.kind === "string" ? cut(value, maxLength) : value;
  });
  record[0] = `row-${String(i).padStart(4, "0")}`;
  for (const ordinal of [entity.managed.expiresAt, entity.managed.deletedAt])
    if (ordinal !== undefined) record[ordinal] = undefined;
  for (const index of entity.indexes)
    if (index.unique) for (const part of index.parts) record[part.ordinal] = undefined;
  return { entity: record, requestId: "", readMask: undefined, consistency: undefined, validateOnly: false };
}

function cut(value: Value | undefined, length: number): Value | undefined {
  if (value instanceof Uint8Array) return value.slice(0, length);
  return typeof value === "string" ? Array.from(value).slice(0, length).join("") : value;
}

async function listed(repository: Repository, where: Filter): Promise<readonly unknown[]> {
  const request = {
    where,
    orderBy: "",
    pageSize: 1000,
    pageToken: "",
    skip: 0,
    total: "none",
    allowScan: true,
  } as const;
  const read = { readMask: undefined, showDeleted: false, consistency: undefined };
  const page = await repository.list({ ...request, ...read }, testCall());
  expect(page.nextPageToken).toBe("");
  return page.entities.map(({ record }) => String(record[0] as string)).toSorted();
}

function expected(entity: EntityModel, rows: readonly EntityRecord[], filter: Filter): readonly unknown[] {
  const holds = compileFilter(entity, filter);
  return rows.filter(holds).map((row) => row[0]);
}
