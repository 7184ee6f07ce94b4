/** DESIGN 5.3: keys of bytes and texts of which one begins with the other. */

import { expect } from "vitest";
import type { Plan, Range } from "../../../src/adapter/plan.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";

/** In the order of bytes. 0, 1 and 255 are what encodings use as ends and escapes. */
const DIGESTS = [
  [0],
  [0, 0],
  [0, 0, 0],
  [0, 0, 1],
  [0, 1],
  [0, 1, 0],
  [0, 255],
  [0, 255, 0],
  [1],
  [1, 0],
  [1, 1],
  [2],
  [255],
  [255, 0],
  [255, 255],
];

const TEXTS = ["a", "a\u0001", "a\u0001\u0001", "a!", "a#", "a/", "a:", "a\\", "aa", "a|", "a\u00ff", "b"];

export const clause: Clause = {
  name: "a key that begins with another is another key, and no range of the one holds the other",
  needs: [],
  async run(subject) {
    const kinds = subject.rows("CompositeOfKinds");
    const names = subject.rows("CompositeByName");
    const base = Buffer.from(subject.unique("escaped"));
    const digests = DIGESTS.map((bytes) => Uint8Array.from([...base, ...bytes]));
    for (const digest of digests)
      for (const size of [0n, 255n]) await kinds.create({ digest, live: false, kind: 0, size });
    for (const digest of digests) {
      const { rows } = await kinds.list({ where: { digest: { eq: digest } } });
      expect(rows.map((row) => [row.digest, row.size])).toEqual([
        [digest, 0n],
        [digest, 255n],
      ]);
    }
    const tenants = TEXTS.map((text) => `${base.toString()}${text}`);
    for (const tenant of tenants) for (const name of ["!", "n"]) await names.create({ tenant, name });
    for (const tenant of tenants) {
      const { rows } = await names.list({ where: { tenant: { eq: tenant } } });
      expect(rows.map((row) => row.tenant)).toEqual([tenant, tenant]);
    }
  },
};

export const fault: PlantedFault = {
  name: "bytes in a key have no end, so that their range holds what begins with them",
  plant: (adapter) =>
    altered(adapter, {
      scan: (plan, window, call) => adapter.scan(openEnded(plan), window, call),
    }),
};

function openEnded(plan: Plan): Plan {
  const { access } = plan;
  if (access.kind !== "key") return plan;
  return { ...plan, access: { ...access, ranges: access.ranges.map(withoutEnd) } };
}

function withoutEnd(range: Range): Range {
  const [first] = range.eq;
  if (!(first instanceof Uint8Array)) return range;
  return {
    eq: [],
    lower: { value: first, inclusive: true },
    upper: { value: Uint8Array.of(...first, 255, 255), inclusive: true },
  };
}
