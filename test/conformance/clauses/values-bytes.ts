/** DESIGN 5.3: bytes. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { stored } from "../plant.ts";

export const clause: Clause = {
  name: "bytes are kept as they are, and no answer shares them with the caller",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const id = subject.unique("bytes");
    const every = Uint8Array.from({ length: 256 }, (_, i) => i);
    const values = {
      bytes_value: every,
      blobs: [every, new Uint8Array()],
      bytes_plain: new Uint8Array([0]),
      by_uint64: new Map([[1n, every]]),
    };
    expect(await rows.create({ id, ...values })).toMatchObject(values);
    expect(await rows.get({ id })).toMatchObject(values);
    await rows.update({ id, bytes_value: new Uint8Array() });
    const emptied = await rows.get({ id });
    expect(emptied.bytes_value).toEqual(new Uint8Array());
  },
};

export const fault: PlantedFault = {
  name: "bytes go through UTF-8",
  plant: (adapter) =>
    stored(adapter, (value) => {
      if (!(value instanceof Uint8Array)) return value;
      return new Uint8Array(Buffer.from(Buffer.from(value).toString("utf8"), "utf8"));
    }),
};
