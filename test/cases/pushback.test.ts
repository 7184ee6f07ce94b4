// Row 70: a write queue that is full, a server that drains, writes that outlast their calls. What was not executed may be sent again.
import { mkdtemp, rm } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromJson, toBinary, type JsonValue } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, vi } from "vitest";
import { scanAll } from "../integration/ask.ts";
import { metrics } from "../integration/operations/serving.ts";
import { startSidecar, testEntities, type Outcome, type Sidecar } from "../integration/sidecar.ts";
import { declare, requireEnd } from "./fact.ts";
import { expected } from "./table.ts";
import { callHeaders, outcomeOf, RawConnection } from "./wire/connection.ts";
import { message } from "./wire/frames.ts";
import { isUnix, speaking, TRANSPORTS, type Transport } from "./wire/wire-fact.ts";

const tickets = "test.v1.TicketRepository";
const queue = 8;

let directory: string;
let sidecar: Sidecar;
/** Of another process, as it were: while it holds the file's lock, writes wait. */
let other: DatabaseSync;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pannier-"));
});
afterEach(async () => {
  other.close();
  await sidecar.dispose();
  await rm(directory, { recursive: true, force: true });
});

async function start(transport?: Transport, grace = "20s"): Promise<void> {
  const options = `{queue: ${queue}, busy_timeout_ms: 20000}`;
  const yaml = `shutdown: {grace: ${grace}}\nstores: {default: {url: 'sqlite:held.db', options: ${options}}}\n`;
  sidecar = await startSidecar({
    directory,
    yaml,
    descriptors: testEntities,
    ...(transport === undefined ? {} : { environment: speaking(transport) }),
    ...(transport && isUnix(transport) ? { listen: `unix:${join(directory, "data.sock")}` } : {}),
  });
  other = new DatabaseSync(join(directory, "data", "held.db"));
} // prettier-ignore

const timeout = 25_000; // milliseconds; longer than anything here waits

function put(id: string): Promise<Outcome> {
  return sidecar.call(`${tickets}/Put`, { entity: { id } }, { timeout });
}

async function stored(): Promise<ReadonlySet<unknown>> {
  return new Set((await scanAll(sidecar, `${tickets}/Scan`, {})).map(({ id }) => id));
}

/** Without a pushback, a client may send the call again by its own policy. */
function requireRefused(fact: string, outcome: Outcome, pushback: number | undefined): void {
  const found = expected(70, fact);
  if (found.kind !== "call") throw new Error(`"${fact}" is no fact about a call`);
  requireEnd(outcome, found);
  if (outcome.ok) throw new Error("it was answered");
  expect(outcome.retryAfter).toBe(pushback === -1 ? undefined : pushback);
  expect(outcome.trailers.get("grpc-retry-pushback-ms")).toEqual(pushback === undefined ? [] : [String(pushback)]);
}

/** Resolves when the metrics say so. */
function told(sample: string, value: number): Promise<void> {
  return vi.waitFor(async () => expect((await metrics(sidecar)).get(sample)).toBe(value), { timeout: 60_000 });
}

/** So many writes wait behind those that are with the writer. */
const waiting = (writes: number): Promise<void> => told('pannier_queue_depth{store="default"}', writes);
const inFlight = (calls: number): Promise<void> => told("pannier_calls_in_flight", calls);

declare(70, "a write queue that is full", "sqlite", async () => {
  await start();
  await put("before");
  other.exec("BEGIN IMMEDIATE");
  const accepted = [put("with the writer")];
  await inFlight(1);
  await waiting(0);
  const queued = Array.from({ length: queue }, (_, i) => `queued ${i}`);
  accepted.push(...queued.map(put));
  await waiting(queue);
  const writes = ["one", "two"].map((id) => ({ put: { entity: { id } } }));
  const again = { entity: { id: "asked again" }, requestId: "row 70" };
  const surplus: readonly (readonly [method: string, request: JsonValue])[] = [
    ...Array.from({ length: 20 }, (_, i) => ["Create", { entity: { id: `surplus ${i}` } }] as const),
    ["Put", { entity: { id: "before", holder: "nobody" } }],
    ["Update", { entity: { id: "before", holder: "nobody" } }],
    ["Delete", { key: { id: "before" } }],
    ["BatchWrite", { writes, atomic: true }],
    ["Create", again],
  ];
  const refused = await Promise.all(surplus.map(([method, request]) => sidecar.call(`${tickets}/${method}`, request)));
  for (const outcome of refused) requireRefused("a write queue that is full", outcome, 100);
  expect(await sidecar.call(`${tickets}/Get`, { key: { id: "before" } })).toEqual(
    expect.objectContaining({ ok: true, json: { entity: { id: "before" } } }),
  ); // reads go on
  other.exec("ROLLBACK");
  for (const outcome of await Promise.all(accepted)) expect(outcome).toMatchObject({ ok: true });
  expect(await stored()).toEqual(new Set(["before", "with the writer", ...queued]));
  expect(await sidecar.call(`${tickets}/Create`, again)).toMatchObject({ ok: true }); // nothing remembers the refused one
});

describe.each(TRANSPORTS)("over %s", (transport) => {
  declare(70, "a server that drains", transport, async () => {
    await start(transport);
    const connection = await RawConnection.open(sidecar.address);
    const call = async (method: string, body: Uint8Array): Promise<Outcome> =>
      outcomeOf(await connection.request(callHeaders(`/${method}`), message(body)));
    const write = (id: string): Promise<Outcome> => call(`${tickets}/Put`, putBytes(id));
    expect(await write("before")).toMatchObject({ ok: true });
    other.exec("BEGIN IMMEDIATE");
    const held = write("held"); // while it runs, the server drains
    await inFlight(1);
    const ended = sidecar.stop();
    let outcome: Outcome;
    do outcome = await call("grpc.health.v1.Health/Check", new Uint8Array());
    while (outcome.ok); // calls that come before the signal does
    requireRefused("a server that drains", outcome, 1_000);
    requireRefused("a server that drains", await write("late"), 1_000);
    other.exec("ROLLBACK");
    expect(await held).toMatchObject({ ok: true });
    expect(await ended).toBe(0);
    sidecar = await startSidecar({ directory, descriptors: testEntities });
    expect(await stored()).toEqual(new Set(["before", "held"]));
  });
});

describe.each(TRANSPORTS)("over %s, writes that outlast their calls", (transport) => {
  /** One write with the writer, whom another process keeps waiting, and one behind it. */
  async function outlasting(grace: string, timeout?: string): Promise<readonly [Promise<Outcome>, Promise<Outcome>]> {
    await start(transport, grace);
    const connection = await RawConnection.open(sidecar.address);
    const write = async (id: string): Promise<Outcome> => {
      const headers = callHeaders(`/${tickets}/Put`, timeout === undefined ? {} : { "grpc-timeout": timeout });
      return outcomeOf(await connection.request(headers, message(putBytes(id))));
    };
    await put("before");
    other.exec("BEGIN IMMEDIATE");
    const held = write("held");
    await inFlight(1);
    await waiting(0);
    const behind = write("behind");
    return [held, behind];
  }

  declare(70, "a write whose deadline passes with the writer", transport, async () => {
    const [held] = await outlasting("20s", "1S");
    requireRefused("a write whose deadline passes with the writer", await held, -1);
    other.exec("ROLLBACK");
  });

  declare(70, "a write whose deadline passes while it waits", transport, async () => {
    const [, behind] = await outlasting("20s", "1S");
    requireRefused("a write whose deadline passes while it waits", await behind, undefined);
    other.exec("ROLLBACK");
    await vi.waitFor(async () => expect(await stored()).toContain("held"), { timeout: 60_000 });
    expect(await stored()).not.toContain("behind");
  });

  declare(70, "a write that a drain leaves with the writer", transport, async () => {
    const [held] = await outlasting("2s");
    await waiting(1);
    const ended = sidecar.stop();
    requireRefused("a write that a drain leaves with the writer", await held, -1);
    other.exec("ROLLBACK");
    await ended;
  });

  declare(70, "a write that a drain finds waiting", transport, async () => {
    const [, behind] = await outlasting("2s");
    await waiting(1);
    const ended = sidecar.stop();
    requireRefused("a write that a drain finds waiting", await behind, 1_000);
    other.exec("ROLLBACK");
    await ended;
  });
});

function putBytes(id: string): Uint8Array {
  const request = sidecar.registry.getMessage(`${tickets}PutRequest`);
  if (!request) throw new Error("there is no Put");
  return toBinary(request, fromJson(request, { entity: { id } }));
}
