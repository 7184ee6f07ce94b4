/** DESIGN 5.3: durations. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { stored } from "../plant.ts";
import { SECOND } from "../subject.ts";

const LONGEST = 315_576_000_000n * SECOND + 999_999_999n;

export const clause: Clause = {
  name: "durations keep nanoseconds over their full range, negative ones too",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    for (const took of [LONGEST, -LONGEST, -1n, 0n, 1n, -1_500_000_001n]) {
      const id = subject.unique("durations");
      const created = await rows.create({ id, took, spans: [took, 0n] });
      expect(created).toMatchObject({ took, spans: [took, 0n] });
      expect(await rows.get({ id })).toEqual(created);
    }
  },
};

export const fault: PlantedFault = {
  name: "durations are kept to the microsecond",
  plant: (adapter) =>
    stored(adapter, (value, { kind }) =>
      kind === "duration" && typeof value === "bigint" ? value - (value % 1000n) : value,
    ),
};
