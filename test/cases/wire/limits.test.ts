// Limits on connections, calls and bytes, and connections that nobody uses: what an operator sets is what holds.
import { describe, expect, test } from "vitest";
import type { Outcome } from "../../integration/sidecar.ts";
import { declare } from "../fact.ts";
import { expected } from "../table.ts";
import { callHeaders, outcomeOf, RawConnection, type StreamEnd } from "./connection.ts";
import { dataFrames, headerBlock, headerFrames, message, word } from "./frames.ts";
import { seenClosing } from "./seen.ts";
import { requireServing, servedOver, TRANSPORTS } from "./wire-fact.ts";

const health = "/grpc.health.v1.Health/Check";
const create = "/test.v1.EverythingRepository/Create";
const nothing = message(Buffer.alloc(0));

/** A call that has begun and does not end. */
interface Held {
  readonly connection: RawConnection;
  readonly stream: number;
  readonly end: Promise<StreamEnd>;
}

async function held(connection: RawConnection, body: Buffer): Promise<Held> {
  const stream = connection.newStream();
  const end = connection.end(stream);
  await connection.send(headerFrames(stream, headerBlock(callHeaders(create)), false), dataFrames(stream, body, false));
  return { connection, stream, end };
}

/** The same on a connection of its own, however slow the machine is: one that was idle for too long before is given up. */
async function heldInTime(address: string): Promise<Held> {
  for (;;) {
    const connection = await RawConnection.open(address);
    const call = await held(connection, Buffer.alloc(0));
    await connection.request(callHeaders(health), nothing); // its answer tells that the call in front of it has begun
    if (connection.goaway === undefined) return call;
    connection.close();
  }
}

function refusal(
  outcome: Outcome,
): { kind: "call" } & Pick<Extract<Outcome, { ok: false }>, "code" | "reason" | "retryAfter"> {
  if (outcome.ok) throw new Error("the call was answered");
  const { code, reason, retryAfter } = outcome;
  return { kind: "call", code, reason, retryAfter };
}

describe.each(TRANSPORTS)("over %s", (transport) => {
  describe("calls in flight", () => {
    const place = servedOver(transport, "{calls_in_flight: 20, read_timeout: 2s}");

    declare(70, "more calls than are taken", transport, async () => {
      const connection = await RawConnection.open(place.sidecar().address);
      const calls = await Promise.all(Array.from({ length: 20 }, () => held(connection, Buffer.alloc(0))));
      const refused = await connection.request(callHeaders(health), nothing);
      expect(refusal(outcomeOf(refused))).toMatchObject({
        ...expected(70, "more calls than are taken"),
        retryAfter: 100,
      });
      const ends = await Promise.all(calls.map(({ end }) => end));
      for (const end of ends) expect(refusal(outcomeOf(end))).toMatchObject({ code: 4, reason: "READ_TIMEOUT" });
      await requireServing(place.sidecar());
      connection.close();
    });
  });

  describe("bytes in flight", () => {
    const place = servedOver(transport, "{bytes_in_flight: 1000000, read_timeout: 2s}");

    declare(70, "more bytes than are held", transport, async () => {
      const sidecar = place.sidecar();
      const connection = await RawConnection.open(sidecar.address);
      const announced = await Promise.all(Array.from({ length: 50 }, () => held(connection, word(1_000_000))));
      await requireServing(sidecar);
      const half = message(Buffer.alloc(600_000), 0, 600_001);
      const first = await held(connection, half);
      const second = await held(connection, half);
      const refused = refusal(outcomeOf(await second.end)); // the one that brings them, and no other; announced bytes do not count
      expect(refused).toMatchObject({ ...expected(70, "more bytes than are held"), retryAfter: 100 });
      await requireServing(sidecar);
      expect(refusal(outcomeOf(await first.end))).toMatchObject({ code: 4, reason: "READ_TIMEOUT" });
      await Promise.all(announced.map(({ end }) => end));
      connection.close();
    });
  });

  describe("connections", () => {
    const place = servedOver(transport, "{connections: 10}");
    const answered = async (): Promise<boolean> => {
      const connection = await RawConnection.open(place.sidecar().address);
      const { headers } = await connection.request(callHeaders(health), nothing);
      connection.close();
      return headers !== undefined;
    };

    test("beyond the limit are closed; those there are go on, and new ones come in once others have gone", async () => {
      const { address } = place.sidecar();
      const connections = await Promise.all(Array.from({ length: 9 }, () => RawConnection.open(address))); // and the sidecar's own client
      for (const connection of connections) await connection.request(callHeaders(health), nothing);
      await expect(seenClosing(await RawConnection.open(address))).resolves.toMatchObject({ closed: true });
      await requireServing(place.sidecar());
      connections[0]?.close();
      await expect.poll(answered).toBe(true);
      for (const connection of connections) connection.close();
    });

    test("come and go by the hundred and leave nothing behind", async () => {
      const { address } = place.sidecar();
      await expect.poll(answered).toBe(true); // the server has noticed that those of the test before have gone
      for (let i = 0; i < 300; i++) {
        const connection = await RawConnection.open(address);
        const { headers } = await connection.request(callHeaders(health), nothing);
        expect(headers?.[":status"]).toBe(200);
        connection.close();
        await connection.closed;
      }
    });
  });

  describe("connections that nobody uses", () => {
    const place = servedOver(transport, "{idle_connection: 300ms}");

    test("get GOAWAY, unless a call is open on them", async () => {
      const { address } = place.sidecar();
      const idle = await RawConnection.open(address);
      const call = await heldInTime(address);
      const busy = call.connection;
      expect(await seenClosing(idle)).toMatchObject({ goaway: 0 });
      expect(busy.goaway).toBeUndefined();
      await busy.send(dataFrames(call.stream, nothing, true));
      expect(refusal(outcomeOf(await call.end)).code).toBe(3); // an answer: it was read to its end
      expect(await seenClosing(busy)).toMatchObject({ goaway: 0 });
    });
  });

  describe("connections whose peer is gone", () => {
    const place = servedOver(transport, "{keepalive: 2s}"); // which clients of a busy machine answer in time, too

    test("are closed when a ping stays unanswered; others are not", async () => {
      const { address } = place.sidecar();
      const there = await RawConnection.open(address);
      const gone = await RawConnection.open(address, { answersPings: false });
      await gone.closed;
      const { headers } = await there.request(callHeaders(health), nothing);
      expect(headers?.[":status"]).toBe(200);
      there.close();
    });
  });
});
