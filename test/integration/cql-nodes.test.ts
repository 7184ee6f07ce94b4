// Numbers of processes in Snowflake ids, given out by the store: nobody shares one, and nobody repeats an id, whatever the clocks show.
import type { Client } from "cassandra-driver";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import type { NodeSpan } from "../../src/adapter/numbers.ts";
import type { OpenAdapter } from "../../src/adapter/opening.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { createGenerators } from "../../src/repository/write/generate.ts";
import { createRandom } from "../../src/repository/write/random.ts";
import { refusal } from "../conformance/refusal.ts";
import { testCall } from "../conformance/rows.ts";
import { entities, openAdapter } from "../conformance/stores.ts";
import { manualClock, type ManualClock } from "../conformance/subject.ts";
import { cassandraClient, cassandraKeyspace } from "../servers/cassandra.ts";
import { int64 } from "../unit/model/sample.ts";

const own: readonly EntityModel[] = entities.filter(({ name }) => name === "test.v1.SequencedSnowflake");
const SECOND = 1_000_000_000n;

let url: URL;
let direct: Client;
const opened: Adapter[] = [];

beforeAll(async () => {
  url = new URL(await cassandraKeyspace());
  direct = cassandraClient(url);
}, 300_000);
afterAll(async () => {
  for (const adapter of opened) await adapter.close();
  await direct.shutdown();
});

interface Side {
  readonly clock: ManualClock;
  readonly span: () => NodeSpan;
  readonly look: () => Promise<void>;
  readonly id: () => Promise<bigint>;
}

async function open(seconds = 0n): Promise<Side> {
  const plant =
    (opens: OpenAdapter): OpenAdapter =>
    (options) =>
      opens({ ...options, settings: { node_numbers: true } });
  const clock = manualClock();
  clock.advance(seconds * SECOND);
  const options = { store: "main", url: url.href, dataDir: "", clock, entities: own };
  const adapter = guard(await openAdapter(options, plant), "main");
  opened.push(adapter);
  const ids = createGenerators({ clock, random: createRandom(), node: 0 }).within(adapter.nodeNumbers!);
  return {
    clock,
    span: () => adapter.nodeNumbers!.current(),
    look: () => adapter.ping(testCall()),
    // A promise, so that a refusal is one.
    id: async () => {
      const made = ids.next("snowflake", int64);
      return typeof made === "bigint" ? made : -1n;
    },
  };
}

/** Looks until it has this number, or none: on a busy machine a look may come to nothing, and the next tries again. */
async function comesTo(side: Side, number: number | undefined): Promise<void> {
  const held = async (): Promise<number | undefined> => {
    await side.look();
    return side.id().then(nodeOf, () => undefined);
  };
  await expect.poll(held, { timeout: 60_000 }).toBe(number);
}

const nodeOf = (id: bigint): number => Number((id >> 12n) & 1_023n);

test("processes that start at once have a number each, and keep it", { timeout: 120_000 }, async () => {
  const sides = await Promise.all(Array.from({ length: 6 }, () => open()));
  const numbers = sides.map(({ span }) => span().number);
  expect(new Set(numbers).size).toBe(6);
  for (const [i, side] of sides.entries()) {
    const { until } = side.span();
    side.clock.advance(50n * SECOND);
    await expect.poll(() => side.look().then(() => side.span().until), { timeout: 60_000 }).toBeGreaterThan(until);
    side.clock.advance(40n * SECOND);
    expect(nodeOf(await side.id())).toBe(numbers[i]);
  }
  expect(sides.map(({ span }) => span().number)).toEqual(numbers);
});

test("without renewal a number is given up before anybody else has it", { timeout: 120_000 }, async () => {
  const side = await open(1_000n);
  await side.id();
  side.clock.advance(61n * SECOND);
  const refused = await refusal("STORE_UNAVAILABLE", side.id());
  expect(refused.message).toContain("node number");
  await comesTo(side, side.span().number);
});

test(
  "the last free number has one holder; who takes it over begins behind all that was promised",
  { timeout: 300_000 },
  async () => {
    const taken = Array.from({ length: 1_024 }, (_, number) => number).filter((number) => number !== 77);
    for (const number of taken)
    await direct.execute("UPDATE pannier_nodes SET holder = 'another', high = 9000000000000 WHERE number = ?", [number], { prepare: true }); // prettier-ignore
    await direct.execute("DELETE FROM pannier_nodes WHERE number = 77", [], { prepare: false });
    const first = await open(2_000n);
    expect(first.span().number).toBe(77);
    const second = await open(2_000n);
    await refusal("STORE_UNAVAILABLE", second.id());
    // Its clock is ten minutes ahead, so the first one's time is over as far as it can see.
    second.clock.advance(600n * SECOND);
    await comesTo(second, 77);
    second.clock.advance(-590n * SECOND); // and is set right
    const [early, late] = [await first.id(), await second.id()];
    first.clock.advance(59n * SECOND);
    const last = await first.id();
    expect([early < last, last < late], "a holder that does not know yet has the time that it was promised").toEqual([
      true,
      true,
    ]);
    await comesTo(first, undefined);
    // One that goes on with a clock of the past goes on behind what was promised, too.
    const third = await open(2_000n);
    await direct.execute("UPDATE pannier_nodes SET high = 1 WHERE number = 5 IF EXISTS", [], { prepare: false });
    await comesTo(third, 5);
    expect(third.span()).toMatchObject({ after: 1 });
  },
);
