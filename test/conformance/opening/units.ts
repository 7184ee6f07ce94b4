/** Writes that must happen whole or not at all: three rows of two entities, and the request_id they come with. */

import { createHash } from "node:crypto";
import type { WriteRequest } from "../../../src/adapter/adapter.ts";
import type { EntityKey } from "../../../src/model/key.ts";
import { createOf } from "../direct.ts";
import type { ManualClock } from "../subject.ts";
import { entities } from "../stores.ts";

/** How many a writing process has on their way at a time. */
export const UNITS_AT_ONCE = 4;

const entityNamed = (name: string): (typeof entities)[number] =>
  entities.find((entity) => entity.name.endsWith(`.${name}`))!;

export const ticket: (typeof entities)[number] = entityNamed("Ticket");
const composite = entityNamed("CompositeByNumber");

export function unitOf(clock: ManualClock, unit: number): WriteRequest {
  const id = `unit-${unit}`;
  const mutations = [
    createOf({ clock }, ticket, { id, holder: "unit", seat: unit }),
    createOf({ clock }, composite, { tenant: id, number: 1n, note: "x".repeat(500) }),
    createOf({ clock }, ticket, { id: `${id}-b`, holder: "unit", seat: unit }),
  ];
  const digest = createHash("sha256").update(id).digest();
  const request = { id, digest, now: clock.now() };
  return { mutations, atomic: true, returning: true, consistency: undefined, request };
}

export function keysOf({ mutations }: WriteRequest): readonly EntityKey[] {
  return mutations.map(({ entity, key }) => ({ entity, key }));
}
