/** DESIGN 5.1: what is absent, and what is only empty. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { stored } from "../plant.ts";

const empties = {
  string_value: "",
  bytes_value: new Uint8Array(),
  bool_value: false,
  int32_value: 0,
  int64_value: 0n,
  uint64_value: 0n,
  double_value: 0,
  color: 0,
  money_decimal: "0.00",
  took: 0n,
  happened_at: 0n,
  int64_wrapper: 0n,
  detail: { amount: 0n, tags: [], counts: new Map() },
};

export const clause: Clause = {
  name: "zero and empty are values where a field has presence",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const id = subject.unique("presence");
    expect(await rows.create({ id, ...empties })).toMatchObject(empties);
    const read = await rows.get({ id });
    expect(read).toMatchObject(empties);
    expect(read.string_wrapper).toBeUndefined();
    for (const name of Object.keys(empties)) {
      const isAbsent = { id: { eq: id }, [name]: { is_null: true } };
      expect((await rows.list({ where: isAbsent })).rows, `${name} is null`).toEqual([]);
    }
    const bare = await rows.create({ id: `${id}-bare` });
    for (const name of Object.keys(empties)) expect(bare[name], name).toBeUndefined();
  },
};

export const fault: PlantedFault = {
  name: "an empty string is absent",
  plant: (adapter) =>
    stored(adapter, (value, type) =>
      type.kind === "message" || value !== "" ? value : (undefined as unknown as typeof value),
    ),
};
