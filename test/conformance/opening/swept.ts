import { setImmediate } from "node:timers/promises";
import { mock } from "node:test";
import { expect } from "vitest";
import type { OpeningClause, OpeningFault } from "./opening-clause.ts";
import { entityKey } from "../direct.ts";
import { testCall } from "../rows.ts";
import { SECOND } from "../subject.ts";

/** More than one step of any sweeper. */
const ROWS = 1_500;

const HOUR_IN_MILLISECONDS = 3_600_000;

/** Turns of the event loop between two looks. */
const TURNS = 200;

export const clause: OpeningClause = {
  name: "expired rows are removed within the hour, all of them, and no others",
  needs: [],
  untold: async ({ sweepsItself }) =>
    sweepsItself ? "the database removes what has expired, by its own clock" : undefined,
  async run(place) {
    mock.timers.enable({ apis: ["setInterval"] });
    try {
      const { adapter, subject } = await place.open();
      const tickets = subject.rows("Ticket");
      const expires_at = place.clock.now() + SECOND;
      const ids = Array.from({ length: ROWS }, (_, i) => `ticket-${i}`);
      for (let at = 0; at < ROWS; at += 25)
        await tickets.batchWrite(ids.slice(at, at + 25).map((id) => tickets.op.create({ id, expires_at })));
      await tickets.create({ id: "later", expires_at: place.clock.now() + 2n * SECOND });
      await tickets.create({ id: "never" });
      place.clock.advance(SECOND);
      mock.timers.tick(HOUR_IN_MILLISECONDS);
      const keys = ids.map((id) => entityKey(tickets.entity, { id }));
      const left = async (): Promise<number> => {
        const outcomes = await adapter.read({ keys, fields: undefined, consistency: undefined }, testCall());
        return outcomes.filter(({ status }) => status !== "missing").length;
      };
      let rest = await left();
      for (let look = 1; look < place.looks && rest > 0; look += 1) {
        for (let turn = 0; turn < TURNS; turn += 1) await setImmediate();
        rest = await left();
      }
      expect(rest).toBe(0);
      expect(await tickets.get({ id: "later" })).toMatchObject({ id: "later" });
      expect(await tickets.get({ id: "never" })).toMatchObject({ id: "never" });
    } finally {
      mock.timers.reset();
    }
  },
};

export const faults: readonly OpeningFault[] = [
  {
    name: "the sweeper is off",
    plant: (open) => (options) =>
      open({ ...options, settings: { ...options.settings, sweep_interval_ms: 2 ** 31 - 1 } }),
  },
];
