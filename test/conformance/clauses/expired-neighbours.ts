/** DESIGN 5.7: what expiry leaves alone. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { ascending, textOf } from "../plain.ts";
import { altered } from "../plant.ts";
import { HOUR, SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "what has expired goes without its neighbours",
  needs: [],
  async run(subject) {
    const tickets = subject.rows("Ticket");
    const holder = subject.unique("neighbours");
    const id = (seat: number): string => `${holder}-${seat}`;
    const now = subject.clock.now();
    for (let seat = 0; seat < 8; seat++) {
      const expires_at = seat % 2 === 0 ? now + SECOND : seat === 1 ? undefined : now + HOUR;
      await tickets.create({ id: id(seat), holder, seat, code: id(seat), expires_at });
    }
    subject.clock.advance(SECOND);
    await tickets.create({ id: id(0), holder: "another", code: `${id(0)}-new` });
    await tickets.put({ id: id(2), holder: "another" });
    await tickets.delete({ id: id(4) }, { allowMissing: true });
    const rows = await tickets.scan({ where: { holder: { eq: holder } } });
    expect(ascending(rows.map((row) => row.seat))).toEqual([1, 3, 5, 7]);
    for (const seat of [1, 3, 5, 7])
      expect(await tickets.get({ id: id(seat) })).toMatchObject({ seat, code: id(seat) });
  },
};

export const fault: PlantedFault = {
  name: "an expired row takes the one after it along",
  plant: (adapter) => {
    const doomed = new Map<string, bigint>();
    return altered(adapter, {
      async read(request, call) {
        const answers = await adapter.read(request, call);
        return answers.map((answer) =>
          answer.status === "found" && doomed.has(textOf(answer.record[0])) ? { status: "missing" } : answer,
        );
      },
      async write(request, call) {
        for (const { entity, key } of request.mutations) {
          const last = textOf(key[0]);
          if (entity.managed.expiresAt === undefined || entity.managed.deletedAt !== undefined) continue;
          if (last.endsWith("-2")) doomed.set(last.replace(/-2$/u, "-3"), 0n);
        }
        return adapter.write(request, call);
      },
    });
  },
};
