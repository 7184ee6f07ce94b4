/** The consistency of an entity's configuration is for calls that name none, and for its own kind of access. */

import { beforeEach, describe, expect, it } from "vitest";
import type { Adapter } from "../../../../src/adapter/adapter.ts";
import { withEntityLevels, type EntityLevels } from "../../../../src/adapter/decorators/entity-levels.ts";
import type { EntityModel } from "../../../../src/model/entity.ts";
import type { Mutation } from "../../../../src/model/mutation.ts";
import type { Consistency } from "../../../../src/model/query.ts";
import { fixture, freshCall, order, other } from "../../repository/fixture.ts";

const levels = new Map<EntityModel, EntityLevels>([[order, { read: "quorum", write: "all" }]]);
const call = freshCall();
const removal: Mutation = { kind: "delete", entity: order, key: ["t", "a"], allowMissing: true, soft: false, now: 1n };

/** What the store below was asked for, call by call. */
let asked: (Consistency | undefined)[];
let adapter: Adapter;

beforeEach(async () => {
  asked = [];
  const { adapter: store } = await fixture();
  /** The store itself knows no levels. */
  const noted = <Request extends { readonly consistency: Consistency | undefined }>(request: Request): Request => {
    asked.push(request.consistency);
    return { ...request, consistency: undefined };
  };
  const [count, execute] = [store.count?.bind(store), store.execute?.bind(store)];
  adapter = withEntityLevels(
    {
      ...store,
      read: (request, own) => store.read(noted(request), own),
      scan: (plan, window, own) => store.scan(plan, noted(window), own),
      write: (request, own) => store.write(noted(request), own),
      ...(count && { count: (plan, options, own) => count(plan, noted(options), own) }),
      ...(execute && { execute: (request, own) => execute(noted(request), own) }),
    },
    levels,
  );
});

async function everyAccess(entity: EntityModel, consistency: Consistency | undefined): Promise<void> {
  const visible = { deleted: false, now: 1n };
  const plan = adapter.plan({ entity, order: [] });
  await adapter.read({ keys: [{ entity, key: ["t", "a"] }], fields: undefined, consistency }, call);
  await adapter.scan(plan, { limit: 1, maxBytes: 1_000, fields: undefined, visible, consistency }, call);
  await adapter.count?.(plan, { visible, consistency }, call);
  await adapter.write({ mutations: [{ ...removal, entity }], atomic: false, returning: false, consistency }, call);
  const steps = [{ kind: "write", mutation: { ...removal, entity } }] as const;
  await adapter.execute?.({ steps, required: [false], isolation: undefined, consistency }, call);
}

describe("a call that names no consistency", () => {
  it("has the entity's for reads, and for writes", async () => {
    await everyAccess(order, undefined);
    expect(asked).toEqual(["quorum", "quorum", "quorum", "all", "all"]);
  });

  it("has none where the entity has none", async () => {
    await everyAccess(other, undefined);
    expect(asked).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });
});

it("what a call names goes first, whatever is configured", async () => {
  await everyAccess(order, "one");
  await everyAccess(other, "two");
  expect(asked).toEqual(["one", "one", "one", "one", "one", "two", "two", "two", "two", "two"]);
});

it("nothing stands around a store for whose entities nothing is configured", async () => {
  const { adapter: store } = await fixture();
  expect(withEntityLevels(store, new Map([[order, {}]]))).toBe(store);
});
