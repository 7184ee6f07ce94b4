/** What a request says is the same in every version of the schema that understands it alike, and so is a repeat of it. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { guard } from "../../../src/adapter/decorators/guard.ts";
import type { EntityModel } from "../../../src/model/entity.ts";
import type { FieldType } from "../../../src/model/field.ts";
import type { Filter } from "../../../src/model/filter.ts";
import type { Value } from "../../../src/model/value.ts";
import { canonicalFilter, canonicalRequest } from "../../../src/repository/canonical-request.ts";
import { digestOf } from "../../../src/repository/canonical.ts";
import { createRepository } from "../../../src/repository/create-repository.ts";
import type { Repository } from "../../../src/repository/repository.ts";
import { entityOf } from "../migration/entities.ts";
import { message } from "../migration/types.ts";
import { openStore, ordinalOf, recordWith, temporaryDirectory } from "../adapter/sqlite/store.ts";
import { faultOf, fixture, freshCall, listing } from "./fixture.ts";

const text: FieldType = { kind: "string" };
const int64: FieldType = { kind: "int64" };
const part = message("t.Part", [[2, "size", { kind: "int32" }], [3, "label", text]]); // prettier-ignore
const grownPart = message("t.Part", [[1, "new", text], [2, "extent", int64], [3, "tag", text]]); // prettier-ignore

const older = entityOf({
  fields: [
    [10, "id", text],
    [3, "name", text],
    [4, "total", { kind: "int32" }],
    [6, "price", { kind: "decimal", precision: 6, scale: 2 }],
    [7, "part", { kind: "message", message: part }],
    [8, "counts", { kind: "map", key: { kind: "int32" }, value: { kind: "int32" } }],
    [9, "tags", { kind: "list", element: text, set: true }],
  ],
});

/** Fields renamed, added before and between, and widened. */
const newer = entityOf({
  fields: [
    [10, "id", text],
    [2, "region", text],
    [3, "title", text, { column: "name", renamedFrom: ["name"] }],
    [4, "sum", int64, { column: "total", renamedFrom: ["total"] }],
    [5, "note", text],
    [6, "price", { kind: "decimal", precision: 12, scale: 4 }],
    [7, "part", { kind: "message", message: grownPart }],
    [8, "counts", { kind: "map", key: { kind: "int64" }, value: { kind: "int64" } }],
    [9, "tags", { kind: "list", element: text, set: true }],
  ],
});

type Row = { readonly [name: string]: Value };

const changing = (entity: EntityModel, row: Row, updateMask?: readonly string[]): string => {
  const said = { entity: recordWith(entity, row), updateMask, requestId: "r", readMask: ["id"], allowMissing: false };
  return Buffer.from(digestOf(canonicalRequest(entity, said))).toString("hex");
};

describe("what a request says", () => {
  it("is the same where fields were renamed, moved, added and widened", () => {
    const before = {
      id: "1", name: "n", total: 7, price: 1_250n, part: [3, "l"], counts: new Map([[1, 2]]), tags: ["a"],
    }; // prettier-ignore
    const after = {
      id: "1", title: "n", sum: 7n, price: 125_000n, part: [undefined, 3n, "l"], counts: new Map([[1n, 2n]]), tags: ["a"],
    }; // prettier-ignore
    expect(changing(newer, after)).toBe(changing(older, before));
    expect(changing(newer, { id: "1", sum: 0n, region: "", tags: [] })).toBe(changing(older, { id: "1" }));
    const masks = [["name", "total"], ["total", "name"], ["*"], [], undefined];
    const renamed = [["title", "sum"], ["title", "sum"], ["*"], undefined, []];
    for (const [i, mask] of masks.entries())
      expect(changing(newer, { id: "1" }, renamed[i])).toBe(changing(older, { id: "1" }, mask));
  });

  it("is another wherever a value, a field or a mask is", () => {
    const said = [
      changing(older, { id: "1" }),
      changing(older, { id: "2" }),
      changing(older, { id: "1", name: "2" }),
      changing(older, { id: "1", total: 2 }),
      changing(older, { id: "1", total: -2 }),
      changing(older, { id: "1", price: 0n }),
      changing(older, { id: "1", price: 10n }),
      changing(older, { id: "1", price: 100n }),
      changing(older, { id: "1", part: [2, undefined] }),
      changing(older, { id: "1", part: [undefined, undefined] }),
      changing(older, { id: "1", counts: new Map([[1, 2]]) }),
      changing(older, { id: "1", counts: new Map([[2, 1]]) }),
      changing(older, { id: "1", tags: ["a"] }),
      changing(older, { id: "1", tags: ["a", "a"] }),
      changing(older, { id: "1" }, ["name"]),
      changing(older, { id: "1" }, ["name", "total"]),
      changing(older, { id: "1" }, ["*"]),
    ];
    expect(new Set(said).size).toBe(said.length);
  });

  it("of any two values of a decimal is equal exactly when they are", () => {
    const any = fc.bigInt(-999_999n, 999_999n);
    fc.assert(
      fc.property(any, any, fc.constantFrom(1n, 100n), (a, b, times) => {
        const wide = changing(newer, { id: "1", price: b * times });
        expect(changing(older, { id: "1", price: a }) === wide).toBe(a * 100n === b * times);
      }),
    );
  });

  it("of a filter goes by number too", () => {
    const digest = (entity: EntityModel, name: string, total: string, value: Value): string => {
      const terms: readonly Filter[] = [
        { kind: "condition", op: "eq", ordinal: ordinalOf(entity, name), value: "n" },
        { kind: "not", term: { kind: "condition", op: "in", ordinal: ordinalOf(entity, total), values: [value] } },
        { kind: "condition", op: "has_any", ordinal: ordinalOf(entity, "tags"), values: ["a"] },
      ];
      return Buffer.from(digestOf(canonicalFilter(entity, { kind: "group", op: "and", terms }))).toString("hex");
    };
    const before = digest(older, "name", "total", 7);
    expect(digest(newer, "title", "sum", 7n)).toBe(before);
    expect(digest(newer, "note", "sum", 7n)).not.toBe(before);
    expect(digest(newer, "title", "sum", 8n)).not.toBe(before);
  });
});

describe("after the schema has changed, on a file", () => {
  const within = async <Result>(
    dataDir: string,
    entity: EntityModel,
    work: (repository: Repository) => Promise<Result>,
  ): Promise<Result> => {
    const store = await openStore([entity], { dataDir });
    const { options } = await fixture();
    try {
      return await work(createRepository({ ...options, entity, adapter: guard(store, "main") }));
    } finally {
      await store.close();
    }
  };
  const plain = { validateOnly: false, readMask: undefined, consistency: undefined };
  const guarded = { ...plain, condition: undefined, expectedVersion: undefined };
  const updating = (entity: EntityModel, row: Row, updateMask: readonly string[]): Parameters<Repository["update"]>[0] => ({
    ...guarded, requestId: "update", entity: recordWith(entity, row), updateMask,
    increment: undefined, append: undefined, remove: undefined, allowMissing: true,
  }); // prettier-ignore

  it("a repeat is told what the first was told, another request is refused, and tokens go on", async () => {
    const dataDir = temporaryDirectory();
    const renamed = entityOf({
      fields: [
        [10, "id", text],
        [2, "region", text],
        [3, "title", text, { column: "name", renamedFrom: ["name"] }],
        [4, "total", { kind: "int32" }],
        [5, "note", text],
        [6, "price", { kind: "decimal", precision: 6, scale: 2 }],
        [7, "part", { kind: "message", message: part }],
        [8, "counts", { kind: "map", key: { kind: "int32" }, value: { kind: "int32" } }],
        [9, "tags", { kind: "list", element: text, set: true }],
      ],
    });
    const orders = ["", "total"]; // of the key, and sorted here
    const tokens = await within(dataDir, older, async (repository) => {
      const creating = { ...plain, requestId: "create", entity: recordWith(older, { id: "1", name: "n" }) };
      await repository.create(creating, freshCall());
      await repository.update(updating(older, { id: "2", name: "m", total: 3 }, ["name", "total"]), freshCall());
      const first = { allowScan: true, pageSize: 1 };
      const pages = orders.map((orderBy) => repository.list(listing({ ...first, orderBy }), freshCall()));
      return (await Promise.all(pages)).map(({ nextPageToken }) => nextPageToken);
    });
    await within(dataDir, renamed, async (repository) => {
      const creating = { ...plain, requestId: "create", entity: recordWith(renamed, { id: "1", title: "n" }) };
      const repeated = await repository.create(creating, freshCall());
      expect(repeated.entity?.record).toEqual(recordWith(renamed, stored("1", "n", 0)));
      const again = updating(renamed, { id: "2", title: "m", total: 3 }, ["title", "total"]);
      const updated = await repository.update(again, freshCall());
      expect([updated.created, updated.entity?.record]).toEqual([true, recordWith(renamed, stored("2", "m", 3))]);
      const other = updating(renamed, { id: "2", note: "m", total: 3 }, ["note", "total"]);
      expect((await faultOf(repository.update(other, freshCall()))).reason).toBe("REQUEST_ID_REUSED");
      for (const [i, orderBy] of orders.entries()) {
        const next = listing({ allowScan: true, pageSize: 1, orderBy, pageToken: tokens[i] ?? "" });
        const { entities } = await repository.list(next, freshCall());
        expect(entities.map(({ record }) => record[ordinalOf(renamed, "id")])).toEqual(["2"]);
      }
    });
  });
});

function stored(id: string, title: string, total: number): Row {
  return { id, region: "", title, total, note: "", counts: new Map(), tags: [] };
}
