/** DESIGN 3: keys of bytes, bools, enums and unsigned numbers. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";

export const clause: Clause = {
  name: "every kind of value can be a key, zero and false among them",
  needs: [],
  async run(subject) {
    const rows = subject.rows("CompositeOfKinds");
    const digest = Uint8Array.from(Buffer.from(`\u0000\u00ff${subject.unique("kinds")}`, "latin1"));
    const keys = [];
    for (const live of [false, true])
      for (const kind of [0, 2])
        for (const size of [0n, 2n ** 63n, 2n ** 64n - 1n]) keys.push({ digest, live, kind, size });
    for (const [i, key] of keys.entries()) await rows.create({ ...key, note: String(i) });
    const items = await rows.batchGet(keys.toReversed());
    expect(items.map((item) => "row" in item && item.row.note)).toEqual(keys.map((_, i) => String(i)).toReversed());
    await rows.update({ ...keys[5]!, note: "changed" });
    expect(await rows.get(keys[5]!)).toEqual({ ...keys[5], note: "changed" });
    expect((await rows.delete(keys[0]!)).row).toEqual({ ...keys[0], note: "0" });
    expect(await rows.count({ digest: { eq: digest } })).toBe(keys.length - 1);
  },
};

export const fault: PlantedFault = {
  name: "unsigned numbers in a key are read as signed",
  plant: (adapter) =>
    altered(adapter, {
      read(request, call) {
        const keys = request.keys.map(({ entity, key }) => ({
          entity,
          key: key.map((value, i) =>
            typeof value === "bigint" && entity.fields[entity.key[i]!.ordinal]?.type.kind === "uint64"
              ? BigInt.asUintN(63, value)
              : value,
          ),
        }));
        return adapter.read({ ...request, keys }, call);
      },
    }),
};
