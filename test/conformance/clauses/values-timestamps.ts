/** test/cases 43 and DESIGN 5.3: moments from year 1 to 9999. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { stored } from "../plant.ts";
import { SECOND } from "../subject.ts";

const FIRST = -62_135_596_800n * SECOND;
const LAST = 253_402_300_800n * SECOND - 1n;
const moments = [FIRST, FIRST + 1n, -1n, 0n, 1n, 1_234_567_891n, -1_234_567_891n, LAST];

export const clause: Clause = {
  name: "timestamps keep the full range, truncated to the store's precision in the answer as in the store",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const { timestamp_nanos } = subject.capabilities;
    const precision = BigInt(timestamp_nanos?.supported === true ? 1 : (timestamp_nanos?.limit ?? 1));
    for (const moment of moments) {
      const id = subject.unique("moments");
      const kept = moment - (((moment % precision) + precision) % precision);
      const values = { happened_at: moment, moments: [moment], detail: { at: moment } };
      const created = await rows.create({ id, ...values });
      expect(created).toMatchObject({ happened_at: kept, moments: [kept], detail: { at: kept } });
      expect(await rows.get({ id })).toEqual(created);
      const where = { id: { eq: id }, happened_at: { eq: kept } };
      expect((await rows.list({ where })).rows).toEqual([created]);
    }
  },
};

export const fault: PlantedFault = {
  name: "moments are kept to the second",
  plant: (adapter) =>
    stored(adapter, (value, { kind }) =>
      kind === "timestamp" && typeof value === "bigint" ? value - (value % SECOND) : value,
    ),
};
