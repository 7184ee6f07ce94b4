// Writers of a few rows and a few unique values through several adapters, many of them given up at any moment: whenever it is quiet, each value is one row's,
// and a value that no row has can be had.
//   node test/wide-column/unique.ts URL [--seconds 60]        the url of an empty keyspace
import assert from "node:assert/strict";
import { stdout } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Adapter } from "../../src/adapter/adapter.ts";
import type { OpenAdapter } from "../../src/adapter/opening.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { createCall } from "../../src/model/call.ts";
import { systemClock } from "../../src/model/clock.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { Fault } from "../../src/model/fault.ts";
import type { Mutation } from "../../src/model/mutation.ts";
import { createRandom, type Random } from "../fixtures/random.ts";
import { recordOf } from "../conformance/direct.ts";
import { entities, openAdapter } from "../conformance/stores.ts";
import { cassandraClient } from "../servers/cassandra.ts";

const IDS = ["a", "b", "c", "d", "e", "f"] as const;
const MAILS = ["m1", "m2", "m3"] as const;
const WRITERS = 10;
const SIDES = 4;

export interface UniqueRace {
  readonly url: string;
  /** Rounds of a third of a second, with a look at the table behind each. */
  readonly rounds: number;
  readonly seed: number;
}

/** Answers what the writes came to, counted. @throws AssertionError where two rows have one value, or one that is nobody's cannot be had */
export async function raceUnique({ url, rounds, seed }: UniqueRace): Promise<ReadonlyMap<string, number>> {
  const account = entities.find(({ name }) => name === "test.v1.Account");
  if (!account) throw new Error("there is no test.v1.Account");
  const random = createRandom(seed);
  const direct = cassandraClient(new URL(url));
  const sides: Adapter[] = [];
  const told = new Map<string, number>();
  try {
    for (let i = 0; i < SIDES; i += 1) sides.push(await open(url, account));
    for (let round = 0; round < rounds; round += 1) {
      const until = performance.now() + 300;
      const writer = async (own: Random): Promise<void> => {
        while (performance.now() < until) {
          const side = own.pick(sides);
          // A third are given up somewhere in between, which is what a crash leaves behind.
          const patience = own.chance(0.3) ? own.integer(2, 27) : 10_000;
          const word = await write(side, mutationOf(account, own), patience);
          told.set(word, (told.get(word) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: WRITERS }, (_, i) => writer(random.fork(`${round} ${i}`))));
      await wait(100); // for what was given up and is still under way; whatever comes later is seen in the next round
      const { rows } = await direct.execute("SELECT id, email, deleted_at, pannier_row FROM accounts");
      const held = rows.filter((row) => row["pannier_row"] === true && row["deleted_at"] === null && row["email"] !== null); // prettier-ignore
      const mails = held.map((row) => String(row["email"])).toSorted();
      assert.deepEqual(mails, [...new Set(mails)], "each value is one row's");
      const free = MAILS.find((mail) => !mails.includes(mail));
      const [side] = sides;
      if (free === undefined || !side) continue;
      const probe = recordOf(account, { id: "probe", email: free });
      assert.equal(await write(side, put(account, "probe", probe), 30_000), "put applied", "a value that is nobody's can be had"); // prettier-ignore
      await write(side, removal(account, "probe", false), 30_000);
    }
  } finally {
    for (const side of sides) await side.close();
    await direct.shutdown();
  }
  return told;
}

async function open(url: string, account: EntityModel): Promise<Adapter> {
  const plant =
    (opens: OpenAdapter): OpenAdapter =>
    (options) =>
      opens({ ...options, settings: { unique_tables: true } });
  const options = { store: "main", url, dataDir: "", clock: systemClock, entities: [account] };
  return guard(await openAdapter(options, plant), "main");
}

async function write(side: Adapter, mutation: Mutation, patience: number): Promise<string> {
  const control = createCall({ timeout: patience, requestId: "race" });
  try {
    const request = { mutations: [mutation], atomic: false, returning: false, consistency: undefined };
    const result = await side.write(request, control.call);
    return `${mutation.kind} ${result.kind === "fresh" ? (result.outcomes[0]?.status ?? "") : result.kind}`;
  } catch (error) {
    if (!(error instanceof Fault) || error.reason === "INTERNAL") throw error;
    return `${mutation.kind} ${error.reason}`;
  } finally {
    control.finish();
  }
}

function mutationOf(entity: EntityModel, random: Random): Mutation {
  const id = random.pick(IDS);
  const email = random.chance(0.85) ? random.pick(MAILS) : undefined;
  const record = recordOf(entity, { id, version: 1n, ...(email !== undefined && { email }) });
  const ordinal = entity.fields.find(({ name }) => name === "email")?.ordinal ?? 0;
  const base = { entity, key: [id], now: systemClock.now() };
  return random.pick<() => Mutation>([
    () => ({ ...base, kind: "create", record }),
    () => put(entity, id, record),
    () => ({ ...base, kind: "update", changes: [{ kind: "set", ordinal, value: email }], allowMissing: random.chance(0.3), generated: [] }), // prettier-ignore
    () => removal(entity, id, false),
    () => removal(entity, id, true),
    () => ({ ...base, kind: "undelete" }),
  ])();
}

function put(entity: EntityModel, id: string, record: ReturnType<typeof recordOf>): Mutation {
  return { kind: "put", entity, key: [id], now: systemClock.now(), record, generated: [], restore: false };
}

function removal(entity: EntityModel, id: string, soft: boolean): Mutation {
  return { kind: "delete", entity, key: [id], now: systemClock.now(), soft, allowMissing: true };
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { seconds: { type: "string", default: "60" } } }); // prettier-ignore
  const rounds = Math.ceil(Number(values.seconds) / 0.5);
  const told = await raceUnique({ url: positionals[0] ?? "", rounds, seed: 1 });
  for (const [word, count] of [...told].toSorted(([a], [b]) => (a < b ? -1 : 1))) stdout.write(`${word}: ${count}\n`);
  stdout.write(`${rounds} rounds: each value one row's\n`);
}
