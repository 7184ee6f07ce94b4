/** DESIGN 5.6: the versions of rows that expire do not repeat. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutations } from "../plant.ts";
import { refusal } from "../refusal.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "who held a row that expired does not find the version it expects on the one made in its place",
  needs: [["conditional_write", "modify"]],
  async run(subject) {
    const leases = subject.rows("Everything");
    const id = subject.unique("lease");
    const take = async (): Promise<bigint> => {
      const expires = subject.clock.now() + SECOND;
      const taken = await leases.create({ id, string_value: "held", expires_at: expires });
      return BigInt(taken.version as bigint);
    };
    const first = await take();
    const renewed = await leases.update({ id, string_value: "renewed" }, { expectedVersion: first });
    expect(renewed.row?.version).toBe(first + 1n);
    subject.clock.advance(2n * SECOND);
    const second = await take();
    expect(second).toBeGreaterThan(first + 1n);
    for (const stale of [first, first + 1n])
      await refusal("VERSION_MISMATCH", leases.update({ id, string_value: "stolen" }, { expectedVersion: stale }));
    subject.clock.advance(2n * SECOND);
    const { row } = await leases.put({ id, string_value: "put" });
    expect(row?.version).toBeGreaterThan(second);
    await refusal("VERSION_MISMATCH", leases.delete({ id }, { expectedVersion: second }));
    // As a sweeper leaves it.
    await leases.delete({ id }, { permanent: true });
    subject.clock.advance(SECOND);
    expect(await take()).toBeGreaterThan(BigInt(row?.version as bigint));
  },
};

export const fault: PlantedFault = {
  name: "the version of every row begins at 1",
  plant: (adapter) =>
    mutations(adapter, (mutation) => {
      const { version, expiresAt } = mutation.entity.managed;
      if (mutation.kind !== "create" || version === undefined || expiresAt === undefined) return mutation;
      return { ...mutation, record: mutation.record.with(version, 1n) };
    }),
};
