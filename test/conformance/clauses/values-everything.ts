/** DESIGN 5.3: a row with a value in every field. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import type { Plain } from "../plain.ts";
import { stored } from "../plant.ts";

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

const scalars: Plain = {
  string_value: "text",
  bytes_value: bytes(0, 255, 128),
  bool_value: true,
  int32_value: -1,
  sint32_value: -2,
  sfixed32_value: -3,
  int64_value: -4n,
  sint64_value: -5n,
  sfixed64_value: -6n,
  uint32_value: 7,
  fixed32_value: 8,
  uint64_value: 9n,
  fixed64_value: 10n,
  float_value: 0.5,
  double_value: 0.1,
  color: -1,
  string_plain: "plain",
  bytes_plain: bytes(1),
  bool_plain: true,
  int32_plain: 1,
  int64_plain: 2n,
  uint32_plain: 3,
  uint64_plain: 4n,
  float_plain: -0.5,
  double_plain: 1e300,
  color_plain: 2,
  money_decimal: "-12.50",
  rate_decimal: "0.0000000001",
  huge_decimal: "-7",
  happened_at: 1_500_000_000_000_000_000n,
  took: -1_500_000_000n,
};

const wrappers: Plain = {
  string_wrapper: "",
  bytes_wrapper: bytes(),
  bool_wrapper: false,
  int32_wrapper: 0,
  int64_wrapper: 0n,
  uint32_wrapper: 0,
  uint64_wrapper: 0n,
  float_wrapper: 0,
  double_wrapper: 0,
};

const inner: Plain = { name: "deep", amount: 3n, tags: ["x"], counts: new Map([["__proto__", 1n]]), unit_number: 0 };
const middle: Plain = { name: "", amount: -2n, tags: [], counts: new Map(), inner, unit_name: "kg" };

const lists: Plain = {
  strings: ["b", "", "a", "b"],
  blobs: [bytes(), bytes(0, 1)],
  flags: [false, true, false],
  int32s: [0, -1],
  int64s: [2n ** 63n - 1n, -(2n ** 63n)],
  uint32s: [2 ** 32 - 1],
  uint64s: [2n ** 64n - 1n, 0n],
  floats: [0, 1.5],
  doubles: [5e-324, -1.7976931348623157e308],
  colors: [0, -1, 3],
  details: [{ amount: 0n, tags: [], counts: new Map() }, middle],
  moments: [0n, 1_000_000n],
  spans: [-1_000_000n, 0n],
  string_set: ["only"],
  int64_set: [2n ** 53n + 1n],
  color_set: [3],
};

const maps: Plain = {
  labels: new Map([
    ["", "empty"],
    ["constructor", "toString"],
  ]),
  by_int32: new Map([
    [-1, "a"],
    [0, "b"],
  ]),
  by_int64: new Map([[2n ** 53n + 1n, middle]]),
  by_uint32: new Map([[2 ** 32 - 1, 0.5]]),
  by_uint64: new Map([[2n ** 64n - 1n, bytes(9)]]),
  by_bool: new Map([
    [true, 1n],
    [false, 0n],
  ]),
  by_sint64: new Map([[-(2n ** 63n), -1]]),
  by_fixed32: new Map([[7, 1_000_000n]]),
};

export const clause: Clause = {
  name: "every kind of field is kept as it was given, at any depth",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const id = subject.unique("everything");
    const row = {
      id,
      ...scalars,
      ...wrappers,
      ...lists,
      ...maps,
      detail: middle,
      detail_choice: inner,
      group: "g",
      select: "s",
    };
    const created = await rows.create(row);
    expect(created).toMatchObject(row);
    expect(await rows.get({ id })).toEqual(created);
    expect((await rows.list({ where: { id: { eq: id } } })).rows).toEqual([created]);
    const put = await rows.put({ ...row, id: `${id}-put` });
    expect(put.row).toMatchObject({ ...row, id: `${id}-put` });
    const updated = await rows.update({ ...row, id: `${id}-update` }, { allowMissing: true });
    expect(updated.row).toMatchObject({ ...row, id: `${id}-update` });
  },
};

export const fault: PlantedFault = {
  name: "a message within a message loses its second level",
  plant: (adapter) =>
    stored(adapter, (value, type) => {
      if (type.kind !== "message" || !Array.isArray(value)) return value;
      const nested = type.message.fields.find((field) => field.name === "inner");
      return nested ? value.with(nested.ordinal, undefined) : value;
    }),
};
