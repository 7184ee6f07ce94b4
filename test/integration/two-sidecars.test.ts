// Two sidecars on one SQLite file: what both write is there for both, guards and unique indexes hold across them.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, listAll, numberOf, objects, part, scanAll, textOf } from "./ask.ts";
import { startSidecar, testEntities, type Outcome, type Sidecar } from "./sidecar.ts";

const accounts = "test.v1.AccountRepository";
const numbered = "test.v1.SequencedSnowflakeRepository";

let directory: string;
let pair: readonly [Sidecar, Sidecar];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pannier-two-"));
  const start = (node: number): Promise<Sidecar> =>
    startSidecar({ directory, descriptors: testEntities, flags: ["--snowflake.node", String(node)] });
  // At the same moment, on a directory where nothing is yet: tables and token key are made by whoever is first.
  pair = await Promise.all([start(1), start(2)]);
});
afterAll(async () => {
  await Promise.all(pair.map((sidecar) => sidecar.dispose()));
  await rm(directory, { recursive: true, force: true });
});

/** Both sides at once. */
function both<T>(work: (sidecar: Sidecar, side: number) => Promise<T>): Promise<T[]> {
  return Promise.all(pair.map(work));
}

test("each reads at once what the other has written", async () => {
  const [one, other] = pair;
  for (let i = 0; i < 100; i += 1) {
    const [writer, reader] = i % 2 === 0 ? [one, other] : [other, one];
    await ask(writer, `${accounts}/Put`, { entity: { id: "seen", name: `write ${i}` } });
    expect(await ask(reader, `${accounts}/Get`, { key: { id: "seen" } })).toMatchObject({
      entity: { name: `write ${i}`, version: String(i + 1) },
    });
  }
});

test("no write of either is lost", async () => {
  await ask(pair[0], `${accounts}/Create`, { entity: { id: "counter" } });
  const each = 600;
  const workers = 16;
  await both(async (sidecar, side) => {
    const work = async (worker: number): Promise<void> => {
      for (let i = worker; i < each; i += workers) {
        await ask(sidecar, `${accounts}/Create`, { entity: { id: `row ${side} ${i}`, status: `side ${side}` } });
        await ask(sidecar, `${accounts}/Update`, { entity: { id: "counter" }, increment: { int64Count: 1 } });
      }
    };
    await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  });
  await both(async (sidecar) => {
    const counter = await ask(sidecar, `${accounts}/Get`, { key: { id: "counter" } });
    expect(numberOf(part(counter, "entity", "int64Count"))).toBe(2 * each);
    for (const side of [0, 1]) {
      const where = { status: { eq: `side ${side}` } };
      const rows = await listAll(sidecar, `${accounts}/List`, { where, pageSize: 250 });
      expect(new Set(rows.map(({ id }) => id)).size).toBe(each);
    }
  });
});

test("one of two guarded updates wins, whichever side it came from", async () => {
  await ask(pair[0], `${accounts}/Create`, { entity: { id: "raced", int64Count: 0 } });
  for (let round = 0; round < 200; round += 1) {
    const outcomes = await both((sidecar, side) =>
      sidecar.call(`${accounts}/Update`, {
        entity: { id: "raced", int64Count: round + 1, name: `side ${side}` },
        condition: { int64Count: { eq: round } },
      }),
    );
    expect(outcomes.map(reasonOf).toSorted(), `round ${round}`).toEqual(["CONDITION_FAILED", "OK"]);
  }
});

test("a unique index holds across both", async () => {
  for (let round = 0; round < 200; round += 1) {
    const outcomes = await both((sidecar, side) =>
      sidecar.call(`${accounts}/Create`, { entity: { id: `unique ${round} ${side}`, email: `${round}@example.com` } }),
    );
    expect(outcomes.map(reasonOf).toSorted(), `round ${round}`).toEqual(["OK", "UNIQUE_VIOLATION"]);
  }
});

test("a request_id sent to both applies once, and both get the same bytes", async () => {
  await ask(pair[0], `${accounts}/Create`, { entity: { id: "repeated", int64Count: 0 } });
  for (let round = 0; round < 50; round += 1) {
    const requestId = `round ${round}`;
    const outcomes = await both((sidecar) =>
      sidecar.call(`${accounts}/Update`, { entity: { id: "repeated" }, increment: { int64Count: 1 }, requestId }),
    );
    const answers = outcomes.map((outcome) => (outcome.ok ? outcome.bytes.toString("hex") : outcome.reason));
    expect(new Set(answers).size).toBe(1);
    expect(outcomes.map(reasonOf)).toEqual(["OK", "OK"]);
  }
  expect(await ask(pair[1], `${accounts}/Get`, { key: { id: "repeated" } })).toMatchObject({
    entity: { int64Count: "50" },
  });
});

test("page tokens of one are taken by the other", async () => {
  const ids: string[] = [];
  let token = "";
  let turn = 0;
  do {
    const sidecar = turn++ % 2 === 0 ? pair[0] : pair[1];
    const where = { status: { eq: "side 1" } };
    const page = await ask(sidecar, `${accounts}/List`, { where, pageSize: 37, pageToken: token });
    ids.push(...objects(page, "entities").map(({ id }) => textOf(id)));
    token = textOf(page["nextPageToken"]);
  } while (token !== "");
  expect([ids.length, new Set(ids).size]).toEqual([600, 600]);
});

test("ids made by both are unique", async () => {
  await both((sidecar) =>
    Promise.all(Array.from({ length: 500 }, () => ask(sidecar, `${numbered}/Create`, { entity: {} }))),
  );
  const rows = await scanAll(pair[1], `${numbered}/Scan`, {});
  expect(new Set(rows.map(({ id }) => id)).size).toBe(1_000);
});

function reasonOf(outcome: Outcome): string {
  return outcome.ok ? "OK" : outcome.reason;
}
