// Many callers of one counter, one version, one unique value and one bank, while the sidecar is killed and the database restarts.
//   node test/duress/contention.ts --server postgresql|mariadb|mysql|tidb [--workers 64] [--rounds 100] [--signal SIGKILL]
//   node test/duress/contention.ts URL [--workers 64] [--rounds 100] [--only SCENARIO]… [--restart "a command that restarts the database and returns"]
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { argv, stdout } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { createRandom } from "../fixtures/random.ts";
import { ask, numberOf, objects, part, textOf } from "../integration/ask.ts";
import { ownServerKinds, startOwnServer } from "../servers/own-server.ts";
import { startSidecar, testEntities, type Outcome, type Sidecar } from "../integration/sidecar.ts";

const accounts = "test.v1.AccountRepository";
const EXECUTE = "pannier.v1.TransactionService/Execute";

export interface Contention {
  /** Of the store; it has a database of its own. */
  readonly url: string;
  readonly workers: number;
  /** Of each worker and scenario: calls that the store answered. */
  readonly rounds: number;
  /** Scenarios in which the sidecar is killed once; absent is all. */
  readonly killedIn?: readonly string[];
  /** Absent is all. */
  readonly scenarios?: readonly string[];
  /** What else happens once in each scenario. */
  readonly restart?: (() => Promise<void>) | undefined;
}

/** What a scenario came to. */
export interface Told {
  readonly scenario: string;
  /** Calls that were acknowledged. */
  readonly acknowledged: number;
  /** Calls of which the caller was told that they may have happened. */
  readonly unknown: number;
  /** Calls that were surely not executed, because something was down or in the way. */
  readonly refused: number;
  readonly seconds: number;
  /** What was found in the store. */
  readonly found: string;
}

/** Every scenario on one sidecar after the other. @throws AssertionError where a sum, a winner or a page is wrong */
export async function contend(contention: Contention, tell: (told: Told) => void = () => {}): Promise<readonly Told[]> {
  const stage = await Stage.start(contention);
  const all: Told[] = [];
  try {
    for (const [name, scenario] of SCENARIOS) {
      if (contention.scenarios?.includes(name) === false) continue;
      const told = await scenario(stage.named(name));
      all.push(told);
      tell(told);
    }
  } finally {
    await stage.end();
  }
  return all;
}

/** Milliseconds between attempts while something is down. */
const PAUSE = 50;

class Stage {
  readonly contention: Contention;
  readonly run: string = randomUUID().slice(0, 8);
  #sidecar: Sidecar;
  #answered = 0;
  #disturbances: (() => Promise<void>)[] = [];
  #disturbing: Promise<void> = Promise.resolve();
  #scenario = "";
  acknowledged = 0;
  unknown = 0;
  refused = 0;
  #began = performance.now();

  private constructor(contention: Contention, sidecar: Sidecar) {
    this.contention = contention;
    this.#sidecar = sidecar;
  }

  static async start(contention: Contention): Promise<Stage> {
    return new Stage(contention, await startSidecar(optionsOf(contention.url)));
  }

  named(scenario: string): this {
    this.#scenario = scenario;
    return this;
  }

  /** All workers, each so many rounds; `work` answers whether a round is over. */
  async all(work: (worker: number, round: number) => Promise<boolean>): Promise<void> {
    const { workers, rounds, killedIn, restart } = this.contention;
    const kill = killedIn?.includes(this.#scenario) ?? true;
    [this.acknowledged, this.unknown, this.refused, this.#answered] = [0, 0, 0, 0];
    this.#began = performance.now();
    this.#disturbances = [...(kill ? [() => this.#kill()] : []), ...(restart ? [restart] : [])];
    const count = this.#disturbances.length;
    const due = (): boolean =>
      this.#answered > ((count + 1 - this.#disturbances.length) * workers * rounds) / (count + 1);
    await Promise.all(
      Array.from({ length: workers }, async (_, worker) => {
        for (let round = 0; round < rounds;) {
          if (this.#disturbances.length > 0 && due())
            this.#disturbing = this.#disturbances.shift()?.() ?? Promise.resolve();
          if (!(await work(worker, round))) continue;
          round += 1;
          this.#answered += 1;
        }
      }),
    );
    await this.#disturbing;
  }

  /** Undefined where it is not known, or where it was surely not executed because something was down: then after a pause. */
  async call(method: string, request: JsonValue): Promise<Outcome | undefined> {
    const outcome = await this.#sidecar.call(method, request, { timeout: 10_000 });
    if (outcome.ok) this.acknowledged += 1;
    if (outcome.ok || DECIDED.has(outcome.reason)) return outcome;
    if (MAYBE.has(outcome.reason)) this.unknown += 1;
    else this.refused += 1;
    await wait(PAUSE);
    return undefined;
  }

  /** Until it is answered. */
  async surely(method: string, request: JsonValue): Promise<JsonObject> {
    for (let i = 0; ; i += 1) {
      try {
        return await ask(this.#sidecar, method, request);
      } catch (error) {
        if (i > 600) throw error;
        await wait(PAUSE);
      }
    }
  }

  told(found: string): Told {
    const { acknowledged, unknown, refused } = this;
    return {
      scenario: this.#scenario,
      acknowledged,
      unknown,
      refused,
      seconds: (performance.now() - this.#began) / 1_000,
      found,
    };
  }

  async end(): Promise<void> {
    await this.#sidecar.dispose();
    await rm(this.#sidecar.directory, { recursive: true, force: true });
  }

  async #kill(): Promise<void> {
    const { directory, registry, client } = this.#sidecar;
    await this.#sidecar.stop("SIGKILL");
    this.#sidecar = await startSidecar({ ...optionsOf(this.contention.url), directory, registry });
    client.close();
  }
}

function optionsOf(url: string): {
  readonly environment: { readonly [name: string]: string };
  readonly descriptors: string;
} {
  return { environment: { PANNIER_STORES_DEFAULT_URL: url }, descriptors: testEntities };
}

/** What the store decided: the round is over. */
const DECIDED = new Set(["VERSION_MISMATCH", "UNIQUE_VIOLATION", "KEY_EXISTS", "CONDITION_FAILED"]);

/** Without a reason it is the transport that speaks, which cannot know. */
const MAYBE = new Set(["", "WRITE_OUTCOME_UNKNOWN", "DEADLINE_EXCEEDED"]);

async function countOf(stage: Stage, id: string): Promise<number> {
  return numberOf(part(await stage.surely(`${accounts}/Get`, { key: { id } }), "entity", "int64Count"));
}

/** One row, counted up: nothing acknowledged is lost, and nothing is counted that nobody asked for. */
async function counter(stage: Stage): Promise<Told> {
  const id = `${stage.run}-counter`;
  await stage.surely(`${accounts}/Put`, { entity: { id } });
  const request = { entity: { id }, increment: { int64Count: 1 } };
  await stage.all(async () => (await stage.call(`${accounts}/Update`, request)) !== undefined);
  const count = await countOf(stage, id);
  const { acknowledged, unknown } = stage;
  const most = acknowledged + unknown;
  assert.ok(count >= acknowledged && count <= most, `the counter is ${count}, not ${acknowledged} to ${most}`);
  return stage.told(`${count}`);
}

/** The same with a request_id, asked again until it is answered: the sum is exact, whatever was down. */
async function repeatedCounter(stage: Stage): Promise<Told> {
  const id = `${stage.run}-repeated`;
  const { workers, rounds } = stage.contention;
  await stage.surely(`${accounts}/Put`, { entity: { id } });
  await stage.all(async (worker, round) => {
    const requestId = `${stage.run}-${worker}-${round}`;
    const request = { entity: { id }, increment: { int64Count: 1 }, requestId };
    return (await stage.call(`${accounts}/Update`, request)) !== undefined;
  });
  const count = await countOf(stage, id);
  assert.equal(count, workers * rounds, "each request_id counts once");
  return stage.told(`${count}`);
}

/** Guarded by the version that was read: one winner for each. */
async function version(stage: Stage): Promise<Told> {
  const id = `${stage.run}-version`;
  await stage.surely(`${accounts}/Put`, { entity: { id } });
  const winners = new Map<number, number>();
  let seen = 1;
  await stage.all(async (worker) => {
    const expectedVersion = seen;
    const outcome = await stage.call(`${accounts}/Update`, { entity: { id, name: `${worker}` }, expectedVersion });
    if (outcome?.ok) {
      assert.equal(winners.get(expectedVersion), undefined, `two winners of version ${expectedVersion}`);
      winners.set(expectedVersion, worker);
      seen = Math.max(seen, expectedVersion + 1);
    } else {
      const row = await stage.surely(`${accounts}/Get`, { key: { id } });
      seen = Math.max(seen, numberOf(part(row, "entity", "version")));
    }
    return outcome !== undefined;
  });
  const last = numberOf(part(await stage.surely(`${accounts}/Get`, { key: { id } }), "entity", "version"));
  const least = 1 + winners.size;
  assert.ok(last >= least && last <= least + stage.unknown, `version ${last} after ${winners.size} winners`);
  return stage.told(`version ${last}, one winner each`);
}

/** All workers want the same value in each round. */
async function uniqueValue(stage: Stage): Promise<Told> {
  const winners = new Map<string, string>();
  await stage.all(async (worker, round) => {
    const email = `${stage.run}-${round}`;
    const id = `${email}-${worker}`;
    const outcome = await stage.call(`${accounts}/Create`, { entity: { id, email } });
    if (outcome?.ok) {
      assert.equal(winners.get(email), undefined, `two winners of ${email}`);
      winners.set(email, id);
    }
    return outcome !== undefined;
  });
  for (let round = 0; round < stage.contention.rounds; round += 1) {
    const email = `${stage.run}-${round}`;
    const listed = await stage.surely(`${accounts}/List`, { where: { email: { eq: email } } });
    const ids = objects(listed, "entities").map((row) => textOf(row["id"]));
    assert.equal(ids.length, 1, `${ids.length} rows have the unique value`);
    const winner = winners.get(email);
    if (winner !== undefined) assert.deepEqual(ids, [winner]);
  }
  return stage.told(`${winners.size} winners told, one row each`);
}

const CUSTOMERS = 16;
const EACH = 100;

/** Transfers between accounts, and readers who add up one page: money is neither made nor lost, at any moment. */
async function bank(stage: Stage): Promise<Told> {
  const random = createRandom(7);
  const idOf = (customer: number): string => `${stage.run}-bank-${String(customer).padStart(2, "0")}`;
  for (let i = 0; i < CUSTOMERS; i += 1)
    await stage.surely(`${accounts}/Put`, { entity: { id: idOf(i), balance: `${EACH}` } });
  let pages = 0;
  const page = { where: { id: { startsWith: `${stage.run}-bank-` } }, pageSize: CUSTOMERS };
  const sumOf = (listed: JsonObject): number => {
    const rows = objects(listed, "entities");
    assert.equal(rows.length, CUSTOMERS, "the page is whole");
    return Math.round(rows.reduce((sum, { balance }) => sum + Number(balance) * 100, 0)) / 100;
  };
  const step = (customer: number, balance: string): JsonObject => ({
    "@type": "type.googleapis.com/test.v1.AccountRepositoryUpdateRequest",
    entity: { id: idOf(customer) },
    increment: { balance },
  });
  await stage.all(async (worker) => {
    if (worker % 4 === 0) {
      const listed = await stage.surely(`${accounts}/List`, page);
      assert.equal(sumOf(listed), CUSTOMERS * EACH, "a page that is torn");
      pages += 1;
      return true;
    }
    const from = random.integer(0, CUSTOMERS - 1);
    const to = (from + random.integer(1, CUSTOMERS - 1)) % CUSTOMERS;
    const amount = `${random.integer(1, 9)}.${random.integer(10, 99)}`;
    const operations = [step(from, `-${amount}`), step(to, amount)];
    return (await stage.call(EXECUTE, { operations })) !== undefined;
  });
  assert.equal(sumOf(await stage.surely(`${accounts}/List`, page)), CUSTOMERS * EACH);
  return stage.told(`${pages} pages and the end sum to ${CUSTOMERS * EACH}`);
}

const SCENARIOS: readonly (readonly [name: string, scenario: (stage: Stage) => Promise<Told>])[] = [
  ["a counter", counter],
  ["a counter with request_ids", repeatedCounter],
  ["a version", version],
  ["a unique value", uniqueValue],
  ["a bank", bank],
];

export function lineOf({ scenario, acknowledged, unknown, refused, seconds, found }: Told): string {
  return `${scenario}: ${acknowledged} acknowledged, ${unknown} unknown, ${refused} refused, ${seconds.toFixed(1)} s; ${found}`;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      workers: { type: "string", default: "64" },
      rounds: { type: "string", default: "100" },
      restart: { type: "string" },
      server: { type: "string" },
      signal: { type: "string", default: "SIGKILL" },
      only: { type: "string", multiple: true },
    },
  });
  const size = { workers: Number(values.workers), rounds: Number(values.rounds) };
  const tell = (told: Told): void => void stdout.write(`${lineOf(told)}\n`);
  const kind = ownServerKinds.find((each) => each === values.server);
  if (kind) {
    const server = await startOwnServer(kind);
    const signal = values.signal === "SIGTERM" ? "SIGTERM" : "SIGKILL";
    const again = (): Promise<void> => server.stop(signal).then(() => server.start());
    try {
      await contend({ url: await server.database(), ...size, restart: again }, tell);
    } finally {
      await server.end();
    }
    return;
  }
  const [url] = positionals;
  if (url === undefined)
    throw new Error(`name a server of ${ownServerKinds.join(", ")}, or the url of an empty database`);
  const run = promisify(execFile);
  const { restart: command } = values;
  const restart = command === undefined ? undefined : async () => void (await run("sh", ["-c", command]));
  const { only } = values;
  await contend({ url, ...size, restart, ...(only && { scenarios: only }) }, tell);
}

if (argv[1] === fileURLToPath(import.meta.url)) await main();
