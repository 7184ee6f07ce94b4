/** DESIGN 4: how long a request_id is remembered. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";
import { HOUR } from "../subject.ts";

/** Nanoseconds: what every store with this capability keeps of a time. */
const MICROSECOND = 1_000n;

export const clause: Clause = {
  name: "a request_id is remembered for 24 hours, then forgotten",
  needs: ["request_id"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("request-old");
    const requestId = subject.unique("request-id");
    const created = await accounts.create({ id, name: "first" }, { requestId });
    subject.clock.advance(24n * HOUR - MICROSECOND);
    expect(await accounts.create({ id, name: "first" }, { requestId })).toEqual(created);
    subject.clock.advance(MICROSECOND);
    await refusal("KEY_EXISTS", accounts.create({ id, name: "first" }, { requestId }));
    const other = { id: `${id}-2`, name: "another payload" };
    expect(await accounts.create(other, { requestId })).toMatchObject(other);
    expect(await accounts.create(other, { requestId })).toMatchObject({ ...other, version: 1n });
  },
};

export const fault: PlantedFault = {
  name: "a request_id is remembered for ever",
  plant: (adapter) => {
    let now: bigint | undefined;
    return altered(adapter, {
      write: ({ request, ...rest }, call) => {
        if (request) now ??= request.now;
        return adapter.write(request && now !== undefined ? { ...rest, request: { ...request, now } } : rest, call);
      },
    });
  },
};
