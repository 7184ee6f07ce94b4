// What is sent again and what never is (DESIGN section 5.10), and a sidecar that restarts all the time.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  ConnectionLostError,
  ConnectionUnavailableError,
  DeadlineExceededError,
  InternalError,
  PannierError,
  ResponseInvalidError,
  StoreUnavailableError,
  WriteOutcomeUnknownError,
  type ConnectOptions,
  type Database,
} from "pannier/client";
import type { TestSidecar } from "pannier/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { connect, type Packages } from "../../clients/examples/typescript/gen/index.ts";
import { answerWith, serveHttp2, type FakeServer, type Incoming } from "./fake-server.ts";
import { startShop } from "./sidecar.ts";

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("a sidecar that says what became of the call", () => {
  let sidecar: TestSidecar;
  let db: Database<Packages>;
  beforeAll(async () => {
    sidecar = await startShop();
    db = await connect({ target: sidecar.target });
  });
  afterEach(() => sidecar.faults.clear());
  afterAll(async () => {
    await db.close();
    await sidecar.stop();
  });

  test("a write that was surely not executed goes again, until it succeeds", async () => {
    sidecar.faults.add({ method: "Create", error: "STORE_UNAVAILABLE", times: 3 });
    expect((await db.shop.users.create({ name: "one" })).name).toBe("one");
  });

  test("and gives up after four attempts", async () => {
    sidecar.faults.add({ method: "Create", error: "STORE_UNAVAILABLE", times: 4 });
    const error = await errorOf(db.shop.users.create({ name: "two" }));
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error).toMatchObject({ isRetryable: true, isUnexecuted: true });
  });

  test("a full queue is waited for where the sidecar says when", async () => {
    sidecar.faults.add({ method: "Create", error: "QUEUE_FULL", retryAfter: 10, times: 1 });
    expect((await db.shop.users.create({ name: "three" })).name).toBe("three");
  });

  test.each([
    ["INTERNAL", InternalError],
    ["WRITE_OUTCOME_UNKNOWN", WriteOutcomeUnknownError],
  ] as const)("a write that failed with %s never goes again", async (error, Class) => {
    sidecar.faults.add({ method: "Create", error, times: 1 });
    const found = await errorOf(db.shop.users.create({ name: "four" }, { requestId: true }));
    expect(found).toBeInstanceOf(Class);
    expect(found).toMatchObject({ isRetryable: false, isUnexecuted: false });
  });

  test("latency beyond the deadline is an error of its own", async () => {
    sidecar.faults.add({ method: "Get", latency: 60_000 });
    const error = await errorOf(db.shop.users.get({ id: "x" }, { timeout: 50 }));
    expect(error).toBeInstanceOf(DeadlineExceededError);
  });

  test("a fault may concern the n-th call of one entity alone", async () => {
    sidecar.faults.add({ method: "shop.v1.UserRepository/Create", error: "INTERNAL", from: 2, times: 1 });
    expect(await errorOf(db.shop.products.create({}))).toBeUndefined();
    expect(await errorOf(db.shop.users.create({}))).toBeUndefined();
    expect(await errorOf(db.shop.users.create({}))).toBeInstanceOf(InternalError);
    expect(await errorOf(db.shop.users.create({}))).toBeUndefined();
  });

  test("a fault behind the call leaves the row, and its scan goes on behind the frames that came", async () => {
    sidecar.faults.add({ method: "Create", error: "INTERNAL", after: true, times: 1 });
    expect(await errorOf(db.shop.auditLogs.create({ id: "kept" }))).toBeInstanceOf(InternalError);
    for (const id of ["a", "b", "c"]) await db.shop.auditLogs.create({ id });
    sidecar.faults.add({ method: "Scan", error: "STORE_UNAVAILABLE", after: true, times: 2 });
    const ids: string[] = [];
    for await (const { id } of db.shop.auditLogs.scan({ pageSize: 1 })) ids.push(id);
    expect(ids.toSorted()).toEqual(["a", "b", "c", "kept"]);
  });
});

/** A Get or Create of a product whose id is "a". */
const answer = Buffer.from([10, 3, 10, 1, 97]);

describe("a connection that breaks behind the request", () => {
  const breakingAt = (broken: number): Promise<FakeServer> =>
    serveHttp2(({ stream, session, attempt }) => {
      if (attempt <= broken) session.destroy();
      else answerWith(stream, [answer]);
    });
  const open = (target: string, more: ConnectOptions = {}): Promise<Database<Packages>> =>
    connect({ target, waitForHealth: 0, ...more });

  test("a read goes again", async () => {
    await using server = await breakingAt(2);
    await using db = await open(server.target);
    expect(await db.shop.products.get({ id: "a" })).toMatchObject({ id: "a" });
    expect(server.calls()).toBe(3);
  });

  test("a write does not, and its fate is unknown", async () => {
    await using server = await breakingAt(1);
    await using db = await open(server.target);
    const error = await errorOf(db.shop.products.create({ id: "a" }));
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error).toMatchObject({ isUnexecuted: false, isRetryable: false });
    expect(server.calls()).toBe(1);
  });

  test("a write that is recorded does", async () => {
    await using server = await breakingAt(1);
    await using db = await open(server.target);
    expect(await db.shop.products.create({ id: "a" }, { requestId: true })).toMatchObject({ id: "a" });
    expect(server.calls()).toBe(2);
  });

  test("UNAVAILABLE of somebody else is unknown, too", async () => {
    const unavailable = ({ stream }: Incoming): void => answerWith(stream, [], { "grpc-status": "14" });
    await using server = await serveHttp2(unavailable);
    await using db = await open(server.target);
    expect(await errorOf(db.shop.products.create({ id: "a" }))).toMatchObject({
      code: "UNAVAILABLE",
      isUnexecuted: false,
    });
    expect(server.calls()).toBe(1);
    await errorOf(db.shop.products.get({ id: "a" }));
    expect(server.calls()).toBe(5);
  });

  test("an answer that is no message is an error of its own", async () => {
    await using server = await serveHttp2(({ stream }) => answerWith(stream, [Buffer.from([10, 200, 1, 2])]));
    await using db = await open(server.target);
    expect(await errorOf(db.shop.products.get({ id: "a" }))).toBeInstanceOf(ResponseInvalidError);
  });

  test("fields and enum values of a newer schema are passed over", async () => {
    const newer = Buffer.concat([Buffer.from([10, 8]), answer.subarray(2), Buffer.from([0xf8, 0x06, 1, 18, 0])]);
    await using server = await serveHttp2(({ stream }) => answerWith(stream, [newer]));
    await using db = await open(server.target);
    expect(await db.shop.products.get({ id: "a" })).toMatchObject({ id: "a" });
  });
});

/** Restarts; 1,000 with PANNIER_TEST_RESTARTS=1000. */
const restarts = Number(process.env["PANNIER_TEST_RESTARTS"] ?? 30);
const documented = [ConnectionLostError, ConnectionUnavailableError, DeadlineExceededError];

test(`${restarts} restarts under a calling client: no hang, and every error is a documented one`, async () => {
  let server = await serveHttp2(holdingSome());
  const { port, target } = server;
  const db = await connect({ target, waitForHealth: 0 });
  const failures = new Map<string, number>();
  let answered = 0;
  let isOver = false;
  const calling = async (call: () => Promise<unknown>): Promise<void> => {
    while (!isOver) {
      const error = await errorOf(call());
      if (error === undefined) answered += 1;
      else {
        const isDocumented = error instanceof PannierError && documented.some((Class) => error instanceof Class);
        const name = error instanceof Error ? error.name : typeof error;
        failures.set(isDocumented ? name : `undocumented ${name}`, (failures.get(name) ?? 0) + 1);
      }
    }
  };
  const loops = Array.from({ length: 8 }, (_, i) =>
    calling(() => (i % 2 === 0 ? db.shop.products.get({ id: "a" }) : db.shop.products.create({ id: "a" }))),
  );
  for (let i = 0; i < restarts; i++) {
    const before = answered;
    await expect.poll(() => answered, { interval: 1 }).toBeGreaterThan(before);
    await server[Symbol.asyncDispose]();
    server = await serveHttp2(holdingSome(), { port });
    if (i === Math.floor(restarts / 10)) note("early");
  }
  note("late");
  isOver = true;
  await server[Symbol.asyncDispose](); // ends the calls that it holds
  server = await serveHttp2(({ stream }) => answerWith(stream, [answer]), { port });
  await Promise.all(loops);
  expect([...failures.keys()].filter((name) => name.startsWith("undocumented"))).toEqual([]);
  expect(failures.get("ConnectionLostError")).toBeGreaterThan(0); // or no call was under way
  expect(server.connections()).toBeLessThanOrEqual(1);
  await db.close();
  await expect.poll(() => server.connections()).toBe(0);
  await server[Symbol.asyncDispose]();
  if (restarts > 100) console.log({ answered, failures: Object.fromEntries(failures), ...memory });
});

/** Leaves the first four calls unanswered, so that some are under way when it ends. */
function holdingSome(): (call: Incoming) => void {
  return ({ stream, attempt }) => {
    if (attempt > 4) answerWith(stream, [answer]);
  };
}

const memory: { [when: string]: string } = {};

function note(when: string): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed } = process.memoryUsage();
  memory[when] = `${Math.round(heapUsed / 1_048_576)} MiB, ${process.getActiveResourcesInfo().length} handles`;
}
