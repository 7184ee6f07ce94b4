// kill -9 in the middle of a write load: what was acknowledged is there after the restart, and nothing is there in half.
import type { JsonObject, JsonValue, Registry } from "@bufbuild/protobuf";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRandom } from "../fixtures/random.ts";
import { ask, numberOf, objectOf, objects, part, textOf } from "./ask.ts";
import { startSidecar, type Outcome, type Sidecar } from "./sidecar.ts";

/** And how often the process is killed on each. */
const stores = [
  ["sqlite:pannier.db", 12],
  ["kv:rows", 5],
] as const;
const writers = 48;
const batchers = 8;
const batchSize = 5;
const keys = "triggerx.v1.ApiKeyDataRepository";
const users = "triggerx.v1.UserDataRepository";

let directory: string;
let registry: Registry | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pannier-crash-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** What the clients know. */
interface Ledger {
  /** Keys of acknowledged single creates. */
  readonly created: string[];
  /** Names of atomic batches that were sent, and of those acknowledged. */
  readonly batchesSent: string[];
  readonly batches: string[];
  /** Names of transactions over two entities. */
  readonly pairsSent: string[];
  readonly pairs: string[];
  incrementsSent: number;
  increments: number;
  /** Batches and transactions that were written although the kill kept their acknowledgement. */
  readonly unacknowledged: Set<string>;
}

test.each(stores)(
  "on %s %i rounds of kill -9 lose no acknowledged write and leave none in half",
  async (url, rounds) => {
    const random = createRandom(9);
    const ledger: Ledger = {
    created: [], batchesSent: [], batches: [], pairsSent: [], pairs: [], incrementsSent: 0, increments: 0,
    unacknowledged: new Set(),
  }; // prettier-ignore
    const groups: number[] = [];
    let known: From = { created: 0, batches: 0, pairs: 0 };
    for (let round = 0; round < rounds; round += 1) {
      const sidecar = await startSidecar(options(url));
      registry = sidecar.registry;
      await expectAcknowledged(sidecar, ledger, known);
      known = { created: ledger.created.length, batches: ledger.batchesSent.length, pairs: ledger.pairsSent.length };
      await load(sidecar, ledger, round, { after: random.integer(300, 1_200), delay: random.integer(0, 20) });
      groups.push(...groupSizes(sidecar));
      sidecar.client.close();
    }
    const last = await startSidecar(options(url));
    await expectAcknowledged(last, ledger, { created: 0, batches: 0, pairs: 0 });
    await last.dispose();
    expect(Math.max(...groups)).toBeGreaterThanOrEqual(8);
    report(`${url}: ${rounds} kills`, ledger, groups);
  },
  600_000,
);

function options(url: string) {
  const environment = { PANNIER_LOG_LEVEL: "debug", PANNIER_STORES_DEFAULT_URL: url };
  return { directory, environment, ...(registry && { registry }) };
}

/** Creates to see acknowledged, and then milliseconds: the kill falls anywhere between two commits or into one. */
interface Kill {
  readonly after: number;
  readonly delay: number;
}

/** Writes from many sides until the process is killed. */
async function load(sidecar: Sidecar, ledger: Ledger, round: number, kill: Kill): Promise<void> {
  const enough = ledger.created.length + kill.after;
  const single = async (writer: number): Promise<void> => {
    for (let i = 0; ; i += 1) {
      const key = `${round}-${writer}-${i}`;
      const outcome = await sidecar.call(`${keys}/Create`, { entity: { key, owner: `owner of ${key}` } });
      if (wasCut(outcome)) return;
      ledger.created.push(key);
      if (ledger.created.length === enough) setTimeout(() => sidecar.process.kill("SIGKILL"), kill.delay);
    }
  };
  const batch = async (batcher: number): Promise<void> => {
    for (let i = 0; ; i += 1) {
      const name = `batch-${round}-${batcher}-${i}`;
      ledger.batchesSent.push(name);
      const writes = membersOf(name).map((key) => ({ create: { entity: { key, owner: name } } }));
      const outcome = await sidecar.call(`${keys}/BatchWrite`, { writes, atomic: true });
      if (wasCut(outcome)) return;
      ledger.batches.push(name);
    }
  };
  const increment = async (): Promise<void> => {
    for (;;) {
      ledger.incrementsSent += 1;
      const request = { entity: { userAddress: "0xcounter" }, increment: { totalJobs: 1 }, allowMissing: true };
      const outcome = await sidecar.call(`${users}/Update`, request);
      if (wasCut(outcome)) return;
      ledger.increments += 1;
    }
  };
  const pair = async (worker: number): Promise<void> => {
    for (let i = 0; ; i += 1) {
      const name = `pair-${round}-${worker}-${i}`;
      ledger.pairsSent.push(name);
      const outcome = await sidecar.call("pannier.v1.TransactionService/Execute", {
        operations: [
          { "@type": "type.googleapis.com/triggerx.v1.ApiKeyDataRepositoryCreateRequest", entity: { key: name } },
          { "@type": "type.googleapis.com/triggerx.v1.UserDataRepositoryCreateRequest", entity: { userAddress: name } },
        ],
      });
      if (wasCut(outcome)) return;
      ledger.pairs.push(name);
    }
  };
  const work = [...Array.from({ length: writers }, (_, i) => single(i)), increment(), increment(), pair(0), pair(1)];
  await Promise.all([...work, ...Array.from({ length: batchers }, (_, i) => batch(i))]);
  await sidecar.stop("SIGKILL");
}

/** Whether the connection broke. A refusal by the sidecar itself would be a mistake of this test, or of Pannier. */
function wasCut(outcome: Outcome): boolean {
  if (!outcome.ok && outcome.reason !== "") throw new Error(`refused: ${outcome.reason} ${outcome.message}`);
  return !outcome.ok;
}

function membersOf(batch: string): readonly string[] {
  return Array.from({ length: batchSize }, (_, i) => `${batch}/${i}`);
}

/** Where in the ledger's lists to begin: how many were created, and how many batches and pairs were sent. */
interface From {
  readonly created: number;
  readonly batches: number;
  readonly pairs: number;
}

async function expectAcknowledged(sidecar: Sidecar, ledger: Ledger, from: From): Promise<void> {
  const created = await getAll(sidecar, keys, "key", ledger.created.slice(from.created));
  expect(created.filter(({ row }) => row === undefined)).toEqual([]);
  for (const { key, row } of created) expect(row).toMatchObject({ key, owner: `owner of ${key}` });
  await expectWhole(ledger, ledger.batchesSent.slice(from.batches), new Set(ledger.batches), async (names) => {
    const rows = await getAll(sidecar, keys, "key", names.flatMap(membersOf));
    return names.map((_, i) => rows.slice(i * batchSize, (i + 1) * batchSize).map(({ row }) => row !== undefined));
  });
  await expectWhole(ledger, ledger.pairsSent.slice(from.pairs), new Set(ledger.pairs), async (names) => {
    const [one, other] = [
      await getAll(sidecar, keys, "key", names),
      await getAll(sidecar, users, "userAddress", names),
    ];
    return names.map((_, i) => [one[i]?.row !== undefined, other[i]?.row !== undefined]);
  });
  const counter = await sidecar.call(`${users}/Get`, { key: { userAddress: "0xcounter" } });
  const total = counter.ok ? numberOf(part(counter.json, "entity", "totalJobs")) : 0;
  expect(total).toBeGreaterThanOrEqual(ledger.increments);
  expect(total).toBeLessThanOrEqual(ledger.incrementsSent);
}

/** All parts of a thing are there or none is; of an acknowledged one all. */
async function expectWhole(
  ledger: Ledger,
  sent: readonly string[],
  acknowledged: ReadonlySet<string>,
  presence: (names: readonly string[]) => Promise<readonly (readonly boolean[])[]>,
): Promise<void> {
  const found = await presence(sent);
  const wrong = sent.filter((name, i) => {
    const parts = found[i] ?? [];
    const isWhole = parts.every(Boolean);
    if (isWhole && !acknowledged.has(name)) ledger.unacknowledged.add(name);
    return acknowledged.has(name) ? !isWhole : !isWhole && parts.some(Boolean);
  });
  expect(wrong).toEqual([]);
}

interface Found {
  readonly key: string;
  readonly row: JsonObject | undefined;
}

async function getAll(sidecar: Sidecar, service: string, field: string, all: readonly string[]): Promise<Found[]> {
  const found: Found[] = [];
  for (let at = 0; at < all.length; at += 1_000) {
    const some = all.slice(at, at + 1_000);
    const request: JsonValue = { keys: some.map((key) => ({ [field]: key })) };
    const results = objects(await ask(sidecar, `${service}/BatchGet`, request), "results");
    for (const [i, key] of some.entries())
      found.push({ key, row: results[i]?.["entity"] === undefined ? undefined : objectOf(results[i]["entity"]) });
  }
  return found;
}

/** Writes in each commit, as the log tells them at level debug. */
function groupSizes({ log }: Sidecar): readonly number[] {
  return log.flatMap((line) => {
    if (!line.includes('"group committed"')) return [];
    const entry: JsonValue = JSON.parse(line) as JsonValue; // pino wrote it
    return textOf(part(entry, "msg")) === "group committed" ? [numberOf(part(entry, "jobs"))] : [];
  });
}

function report(what: string, ledger: Ledger, groups: readonly number[]): void {
  const large = groups.filter((size) => size >= 8).length;
  console.log(
    `${what}; ${ledger.unacknowledged.size} batches and transactions written whole but never acknowledged; acknowledged: ${ledger.created.length} creates, ${ledger.batches.length} atomic batches of ${batchSize}, ` +
      `${ledger.pairs.length} transactions, ${ledger.increments} increments; ${groups.length} commits, ${large} of 8 writes or more, ` +
      `largest ${Math.max(...groups)}`,
  );
}
