/** Names that change in the case of their letters alone: the catalog knows entities by name and fields by number, and keeps the rows. */

import { expect, it } from "vitest";
import type { Adapter } from "../../../../src/adapter/adapter.ts";
import { open } from "../../../../src/adapter/kv/open.ts";
import type { EntityModel } from "../../../../src/model/entity.ts";
import { changes, note } from "../letter-case.ts";
import { anyCall, createOf, openOptions, recordWith, temporaryDirectory, writeAll } from "../sqlite/store.ts";

async function within<Result>(dataDir: string, entity: EntityModel, work: (store: Adapter) => Promise<Result>): Promise<Result> {
  const store = await open(openOptions([entity], { url: new URL("kv:rows"), dataDir }));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
} // prettier-ignore

const keyed = (entity: EntityModel, key: string): Parameters<Adapter["read"]>[0] => ({
  keys: [{ entity, key: [key] }],
  fields: undefined,
  consistency: undefined,
});

it.each(changes)("%s keeps its rows, there and back", async (_, before, after) => {
  const dataDir = temporaryDirectory();
  const [first, second] = [await note(...before), await note(...after)];
  const written = recordWith(first, { id: "k", [first.fields[1]!.name]: "kept" });
  await within(dataDir, first, (store) => writeAll(store, [createOf(first, written)]));
  await within(dataDir, second, async (store) => {
    expect(await store.schema?.verify(anyCall())).toEqual([]);
    expect(await store.read(keyed(second, "k"), anyCall())).toMatchObject([{ record: ["k", "kept"] }]);
    const next = recordWith(second, { id: "k2", [second.fields[1]!.name]: "new" });
    expect(await writeAll(store, [createOf(second, next)])).toMatchObject([{ status: "applied" }]);
    const plan = store.plan({ entity: second, where: { kind: "condition", op: "eq", ordinal: 1, value: "kept" }, order: [] });
    const window = { limit: 9, maxBytes: 1e6, fields: undefined, visible: { deleted: false, now: 0n }, consistency: undefined };
    const { rows } = await store.scan(plan, window, anyCall());
    expect(rows, plan.access.kind).toEqual([["k", "kept"]]);
  });
  await within(dataDir, first, async (store) => {
    expect(await store.read(keyed(first, "k2"), anyCall())).toMatchObject([{ record: ["k2", "new"] }]);
  });
}); // prettier-ignore

it("two fields that trade places by their letters keep their own values", async () => {
  const dataDir = temporaryDirectory();
  const first = await note("", "a = 2", "optional string b = 3;");
  const row = recordWith(first, { id: "k", a: "two", b: "three" });
  await within(dataDir, first, (store) => writeAll(store, [createOf(first, row)]));
  const second = await note("", "B = 2", "optional string A = 3;");
  await within(dataDir, second, async (store) => {
    expect(await store.read(keyed(second, "k"), anyCall())).toMatchObject([{ record: ["k", "two", "three"] }]);
  });
});
