import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";
import type { Adapter, WriteRequest, WriteResult } from "../../../src/adapter/adapter.ts";
import type { Call } from "../../../src/model/call.ts";
import type { Mutation } from "../../../src/model/mutation.ts";
import { altered } from "../plant.ts";
import { testCall } from "../rows.ts";
import type { OpeningClause, OpeningFault } from "./opening-clause.ts";
import type { Place } from "./place.ts";
import { keysOf, ticket, UNITS_AT_ONCE, unitOf } from "./units.ts";

/** After how many acknowledgements each process is killed, and how many milliseconds later: in the middle of what it does then. */
const KILLS = [
  { acknowledgements: 4, later: 10 },
  { acknowledgements: 15, later: 5 },
];

export const clause: OpeningClause = {
  name: "after kill -9 a unit is there whole with its request_id, or not at all, and what was acknowledged is there",
  needs: ["durable", "atomic_batch", "request_id", "returning"],
  async run(place) {
    let from = 0;
    // Of a server it is the connection that dies; one such end is enough.
    for (const kill of place.hasFiles ? KILLS : KILLS.slice(0, 1)) {
      const acknowledged = await killedAfter(place, from, kill);
      const to = Math.max(...acknowledged) + UNITS_AT_ONCE + 1;
      const { adapter, close } = await place.open({ sound: true });
      for (let unit = from; unit < to; unit++) {
        const write = unitOf(place.clock, unit);
        const read = { keys: keysOf(write), fields: undefined, consistency: undefined };
        const found = (await adapter.read(read, testCall())).filter(({ status }) => status === "found").length;
        expect([0, write.mutations.length], `rows of unit ${unit}`).toContain(found);
        expect(found > 0 || !acknowledged.has(unit), `unit ${unit} was acknowledged and is lost`).toBe(true);
        const again = await adapter.write(write, testCall());
        expect(again.kind, `unit ${unit}, of which ${found} rows were there, is repeated`).toBe(
          found > 0 ? "replayed" : "fresh",
        );
      }
      await close();
      from = to;
    }
  },
};

/** The units that a process acknowledged before it was killed. */
async function killedAfter(
  place: Place,
  from: number,
  { acknowledgements, later }: (typeof KILLS)[number],
): Promise<ReadonlySet<number>> {
  const other = await place.start({ kind: "write units", from });
  const acknowledged = new Set<number>();
  while (acknowledged.size < acknowledgements) acknowledged.add((await other.next("acknowledged")).unit);
  await setTimeout(later);
  await other.kill();
  for (const { unit } of other.rest("acknowledged")) acknowledged.add(unit);
  return acknowledged;
}

type Write = (adapter: Adapter, unit: WriteRequest, call: Call, between: () => Promise<void>) => Promise<WriteResult>;

/** The first unit of each process gets no further than between its parts, whenever the kill falls; the others are done. */
function units(write: Write): OpeningFault["plant"] {
  return (open) => async (options) => {
    const adapter = await open(options);
    let isFirst = true;
    return altered(adapter, {
      write: (request, call) => {
        if (!request.request) return adapter.write(request, call);
        const between = isFirst ? () => new Promise<void>(() => {}) : async () => {};
        isFirst = false;
        return write(adapter, request, call, between);
      },
    });
  };
}

/** Records a unit's request_id by itself: with a write that changes nothing and has as many outcomes. */
async function recordAlone(adapter: Adapter, unit: WriteRequest, call: Call): Promise<void> {
  const nothing: Mutation = {
    kind: "delete",
    entity: ticket,
    key: ["nothing"],
    now: 0n,
    soft: false,
    allowMissing: true,
  };
  await adapter.write({ ...unit, mutations: unit.mutations.map(() => nothing) }, call);
}

export const faults: readonly OpeningFault[] = [
  {
    name: "the steps of a unit are committed one by one",
    plant: units(async (adapter, unit, call, between) => {
      const { request: _, ...alone } = unit;
      const outcomes = [];
      for (const mutation of unit.mutations) {
        const result = await adapter.write({ ...alone, mutations: [mutation] }, call);
        outcomes.push(...(result.kind === "reused" ? [] : result.outcomes));
        await between();
      }
      await recordAlone(adapter, unit, call);
      return { kind: "fresh", outcomes };
    }),
  },
  {
    name: "a request_id is recorded in a second batch, which a crash may forget",
    plant: units(async (adapter, unit, call, between) => {
      const { request: _, ...alone } = unit;
      const result = await adapter.write(alone, call);
      await between();
      await recordAlone(adapter, unit, call);
      return result;
    }),
  },
  {
    name: "a write is acknowledged before it is done",
    plant: units(async (adapter, unit, _, between) => {
      void between().then(async () => adapter.write(unit, testCall()));
      return { kind: "fresh", outcomes: unit.mutations.map(() => ({ status: "applied", created: true, found: true })) };
    }),
  },
];
