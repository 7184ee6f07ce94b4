/** Through a store that was opened for inspection nothing is written, whatever the store can do. */

import { expect, it } from "vitest";
import type { Adapter } from "../../../../src/adapter/adapter.ts";
import { inspectedOnly } from "../../../../src/adapter/decorators/inspected.ts";
import type { Mutation } from "../../../../src/model/mutation.ts";
import { fixture, freshCall, order } from "../../repository/fixture.ts";

it("refuses each member that writes, and has no more members than the store", async () => {
  const { adapter } = await fixture();
  const reference = without(adapter, ["modify", "begin", "numbers"]);
  const unexpected = (): Promise<never> => Promise.reject(new Error("the store was asked"));
  const able: Adapter = { ...reference, modify: unexpected, begin: unexpected, numbers: unexpected };
  const call = freshCall();
  const options = { returning: false, consistency: undefined };
  const mutation: Mutation = {
    kind: "delete",
    entity: order,
    key: ["t", "a"],
    allowMissing: true,
    soft: false,
    now: 1n,
  };
  const undecided = (): never => {
    throw new Error("the store decided");
  };
  const inspected = inspectedOnly(able, "main");
  for (const write of [
    () => inspected.write({ ...options, mutations: [mutation], atomic: false }, call),
    () => inspected.modify?.(mutation, undecided, options, call),
    () => inspected.execute?.({ consistency: undefined, steps: [], required: [], isolation: undefined }, call),
    () => inspected.begin?.({ isolation: undefined, readOnly: true }, call),
    () => inspected.numbers?.({ entity: order, ordinal: 0, count: 1 }, call),
  ])
    await expect(write()).rejects.toMatchObject({ reason: "STORE_READ_ONLY" });
  const poor = inspectedOnly(reference, "main");
  expect(["modify", "begin", "numbers"].filter((member) => member in poor)).toEqual([]);
});

function without(adapter: Adapter, members: readonly (keyof Adapter)[]): Adapter {
  const left: Adapter = { ...adapter };
  for (const member of members) Reflect.deleteProperty(left, member);
  return left;
}
