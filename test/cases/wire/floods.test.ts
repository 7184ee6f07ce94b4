// Floods: rows 3 to 8. Whoever floods loses the connection, and nobody else notices.
import { describe, expect } from "vitest";
import type { Outcome, Sidecar } from "../../integration/sidecar.ts";
import { callHeaders, PING, RawConnection, type StreamEnd } from "./connection.ts";
import { ERROR, FLAG, FRAME, frame, headerBlock, headerFrames, indexedHeader, message, NEWEST_ENTRY, reset, settings, windowUpdate } from "./frames.ts"; // prettier-ignore
import { requireServing, seen, seenClosing, servedOver, wireFacts, type WireSeen } from "./wire-fact.ts";

const health = "/grpc.health.v1.Health/Check";
const block = headerBlock(callHeaders(health));
const nothing = message(Buffer.alloc(0));

/** Sends the same again and again, until the server closes or it has been sent often enough. */
async function flood(connection: RawConnection, times: number, bytes: () => Buffer): Promise<WireSeen> {
  let open = true;
  void connection.closed.then(() => (open = false));
  for (let i = 0; i < times && open; i++) await connection.send(bytes());
  return seenClosing(connection);
}

/** While it runs, somebody else calls. */
async function besideCalls<Result>(sidecar: Sidecar, run: Promise<Result>): Promise<Result> {
  let running = true;
  const result = run.finally(() => (running = false));
  while (running) await requireServing(sidecar);
  return result;
}

/** Calls that are opened and cancelled, so many at a time; afterwards the connection still answers. */
async function cancelled(sidecar: Sidecar, rounds: number, atOnce: number): Promise<Outcome> {
  const connection = await RawConnection.open(sidecar.address);
  for (let round = 0; round < rounds; round++) {
    const streams = Array.from({ length: atOnce }, () => connection.newStream());
    await connection.send(...streams.map((stream) => headerFrames(stream, block, false)));
    expect(seen(await connection.request(callHeaders(health), nothing))).toMatchObject({ ok: true });
    await connection.send(...streams.map((stream) => reset(stream)));
  }
  const end = seen(await connection.request(callHeaders(health), nothing));
  connection.close();
  if ("kind" in end) throw new Error(`the connection did not answer: ${JSON.stringify(end)}`);
  return end;
}

describe("over tcp", () => {
  const limits = "{handshake_timeout: 5s, streams_per_connection: 1600}";
  const fact = wireFacts(servedOver("tcp", limits));

  fact(3, "200,000 resets", {
    growth: 128,
    when: async (sidecar) => {
      const connection = await RawConnection.open(sidecar.address);
      const batch = (): Buffer =>
        Buffer.concat(
          Array.from({ length: 500 }, () => connection.newStream()).flatMap((stream) => [
            headerFrames(stream, block, false),
            reset(stream),
          ]),
        );
      return besideCalls(sidecar, flood(connection, 400, batch));
    },
  });

  fact(4, "2,000 cancellations", (sidecar) => cancelled(sidecar, 40, 50));
  fact(4, "1,400 cancellations at once", (sidecar) => cancelled(sidecar, 1, 1_400));

  fact(5, "endless headers", {
    growth: 32,
    when: async ({ address }) => {
      const connection = await RawConnection.open(address);
      await connection.send(frame(FRAME.headers, 0, connection.newStream(), block));
      const more = frame(FRAME.continuation, 0, 1, headerBlock([["x-more", "x".repeat(1_000)]]));
      return flood(connection, 100_000, () => more);
    },
  });

  fact(6, "a flood of SETTINGS", async (sidecar) => {
    const connection = await RawConnection.open(sidecar.address, { reads: false });
    const many = Buffer.concat(Array.from({ length: 1_000 }, () => settings()));
    return besideCalls(
      sidecar,
      flood(connection, 1_000, () => many),
    );
  });
  const pings = Buffer.concat(Array.from({ length: 1_000 }, () => PING));
  fact(6, "a flood of PING", async (sidecar) => {
    const connection = await RawConnection.open(sidecar.address, { reads: false });
    return besideCalls(
      sidecar,
      flood(connection, 1_000, () => pings),
    );
  });
  fact(6, "a flood of PING, read", async (sidecar) => {
    const connection = await RawConnection.open(sidecar.address);
    return besideCalls(
      sidecar,
      flood(connection, 1_000, () => pings),
    );
  });

  fact(7, "2,000 overflowing windows", {
    growth: 64,
    when: async ({ address }) => {
      const ends: WireSeen[] = [];
      for (let round = 0; round < 20; round++)
        ends.push(...(await Promise.all(Array.from({ length: 100 }, () => overflowing(address)))));
      return ends;
    },
  });
});

describe("over tcp, headers that unpack", () => {
  const fact = wireFacts(servedOver("tcp", "{streams_per_connection: 500}"));

  fact(8, "10 times 400 headers that unpack", {
    growth: 32,
    when: async ({ address }) => {
      const connections = await Promise.all(
        Array.from({ length: 10 }, () => RawConnection.open(address, { window: 0 })),
      );
      const ends = await Promise.all(connections.map((connection) => unpacking(connection, 1_500)));
      for (const connection of connections) connection.close();
      return ends.flat().map(seen);
    },
  });

  // What nghttp2 has read in one go it hands on as a whole: the server can close only after that.
  fact(8, "10 times 400 headers, before SETTINGS are acknowledged", {
    growth: 64,
    when: async ({ address }) => {
      const silent = { window: 0, acknowledges: false };
      const connections = await Promise.all(Array.from({ length: 10 }, () => RawConnection.open(address, silent)));
      await Promise.all(connections.map((connection) => unpacking(connection, 72)));
      return Promise.all(connections.map(seenClosing));
    },
  });
});

async function overflowing(address: string): Promise<WireSeen> {
  const connection = await RawConnection.open(address);
  await connection.send(windowUpdate(0, 0x7fff_ffff));
  return seenClosing(connection);
}

/** 400 calls whose headers unpack to 4,000 times what they are on the wire. */
async function unpacking(connection: RawConnection, repeats: number): Promise<readonly StreamEnd[]> {
  const first = Buffer.concat([block, indexedHeader("x-bomb", "x".repeat(4_000))]);
  const bomb = Buffer.concat([block, Buffer.alloc(repeats, NEWEST_ENTRY)]);
  const opening = connection.newStream();
  await connection.send(headerFrames(opening, first, false), reset(opening, ERROR.cancel));
  const streams = Array.from({ length: 400 }, () => connection.newStream());
  const ends = Promise.all(streams.map((stream) => connection.end(stream)));
  for (const stream of streams) await connection.send(frame(FRAME.headers, FLAG.endHeaders, stream, bomb));
  return ends;
}
