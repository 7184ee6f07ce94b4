/** Numbers of a sequence: ascending, nobody's twice, behind what the table holds. */

import { expect, it, onTestFinished } from "vitest";
import { anyCall, createOf, entity, openStore, ordinalOf, recordWith, writeAll } from "../store.ts";

const everything = entity("test.v1.Everything");

it("each is given out once, in ascending order, the first behind what the table holds", async () => {
  const store = await openStore([everything]);
  onTestFinished(() => store.close());
  const numbers = async (field: string, count: number): Promise<readonly bigint[] | undefined> =>
    store.numbers?.({ entity: everything, ordinal: ordinalOf(everything, field), count }, anyCall());
  expect(await numbers("int64_value", 3)).toEqual([1n, 2n, 3n]);
  expect(await numbers("int64_value", 1)).toEqual([4n]);
  await writeAll(store, [
    createOf(everything, recordWith(everything, { id: "a", sint64_value: 41n, sfixed64_value: -5n })),
  ]);
  expect(await numbers("sint64_value", 2)).toEqual([42n, 43n]);
  expect(await numbers("sfixed64_value", 1)).toEqual([1n]);
});
