/** What stands around an adapter adds nothing to it: a member that is not there is a capability that is not. */

import { expect, it } from "vitest";
import { observeAdapter } from "../../../../src/adapter/decorators/observe.ts";
import { createMemory } from "../../../../src/adapter/memory/memory.ts";
import { reference, weak } from "../../../../src/adapter/memory/profile.ts";
import type { Adapter } from "../../../../src/adapter/adapter.ts";
import { entityOf, text } from "../../model/sample.ts";
import type { Interceptor } from "../../../../src/model/interceptor.ts";
import { anyCall, openOptions } from "../sqlite/store.ts";

const options = openOptions([entityOf({ fields: { id: text }, key: ["id"] })], { dataDir: "" });
const passing: Interceptor = { run: (_call, action) => action(), stream: (_call, frames) => frames };
const members = (adapter: Adapter): readonly string[] => Object.keys(adapter).toSorted();

it.each([
  ["all there is", createMemory(options, reference)],
  ["little", createMemory(options, weak)],
])("an observed adapter has the members of the one that has %s", (_what, adapter) => {
  expect(members(observeAdapter(adapter, () => passing))).toEqual(members(adapter));
});

it.each(["modify", "count", "execute", "consistent", "begin"] as const)("one without %s has none", (name) => {
  const { [name]: _, ...without } = createMemory(options, reference);
  expect(observeAdapter(without, () => passing)[name]).toBeUndefined();
});

it("what reads a partition is observed like everything else", async () => {
  const seen: string[] = [];
  const watching = (operation: string): Interceptor => ({
    ...passing,
    run: (_call, action) => (seen.push(operation), action()),
  });
  const collected = { items: [], cursor: () => new Uint8Array() };
  const observed = observeAdapter({ ...createMemory(options, reference), collect: async () => collected }, watching);
  const query = {} as Parameters<NonNullable<Adapter["collect"]>>[0]; // handed on as it is
  const window = { limit: 1, maxBytes: 1, consistency: undefined } as Parameters<NonNullable<Adapter["collect"]>>[1];
  expect(await observed.collect?.(query, window, anyCall())).toBe(collected);
  expect(seen).toEqual(["collect"]);
});
