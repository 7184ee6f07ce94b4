// Peers that stand still: rows 32 and 33.
import { setInterval } from "node:timers/promises";
import { describe, expect } from "vitest";
import { metrics } from "../../integration/operations/serving.ts";
import type { Sidecar } from "../../integration/sidecar.ts";
import { text } from "../bytes.ts";
import { unread } from "./attacks.ts";
import { callHeaders, RawConnection } from "./connection.ts";
import { dataFrames, FRAME, headerBlock, headerFrames, message, windowUpdate } from "./frames.ts";
import { seen, type Seen } from "./seen.ts";
import { servedOver, TRANSPORTS, wireFacts } from "./wire-fact.ts";

const everything = "test.v1.EverythingRepository";
const creation = message(text(1, text(1, "slow")));

async function requested({ address }: Sidecar, body: Buffer): Promise<Seen> {
  const connection = await RawConnection.open(address);
  const end = await connection.request(callHeaders(`/${everything}/Create`), body, { end: false });
  connection.close();
  return seen(end);
}

/** Rows of which an answer holds more than a window. */
async function large(sidecar: Sidecar): Promise<void> {
  for (const id of ["a", "b", "c"]) {
    const entity = { id, bytesValue: "x".repeat(500_000) };
    expect(await sidecar.call(`${everything}/Put`, { entity })).toMatchObject({ ok: true });
  }
}

async function unanswered(sidecar: Sidecar, method: string, count: number): Promise<readonly Seen[]> {
  return (await unread(sidecar, `/${everything}/${method}`, count)).map(seen);
}

const patience = 3_000; // milliseconds, `slow_consumer` where a reader wakes: a slow machine must not outsleep it twice

/** Reads nothing for so long that the call is over, and then all there is; until then nothing has told the reader. */
async function woken(sidecar: Sidecar): Promise<Seen> {
  const connection = await RawConnection.open(sidecar.address, { window: 0, narrow: true });
  const stream = connection.newStream();
  const ended = connection.end(stream);
  const started = performance.now();
  await connection.send(
    headerFrames(stream, headerBlock(callHeaders(`/${everything}/Scan`)), false),
    dataFrames(stream, message(Buffer.alloc(0)), true),
  );
  const inFlight = async (): Promise<number | undefined> => (await metrics(sidecar)).get("pannier_calls_in_flight");
  await expect.poll(inFlight).toBe(1);
  await expect.poll(inFlight).toBe(0); // the scan is over, and what it held is free
  expect(performance.now() - started).toBeGreaterThan(patience);
  expect(connection.frames.filter((found) => found.stream === stream && found.type === FRAME.reset)).toEqual([]);
  await connection.send(windowUpdate(stream, 4_000_000), windowUpdate(0, 4_000_000));
  const end = await ended;
  connection.close();
  expect(end.data.length).toBe(5 + end.data.readUInt32BE(1)); // the one frame that was on its way
  return seen(end);
}

/** Megabytes of 20 streams: a frame of 1.5 MB, the rows it was made of, and its bytes on their way. */
const unreadGrowth = 128;

describe.each(TRANSPORTS)("over %s", (transport) => {
  const fact = wireFacts(servedOver(transport));

  fact(32, "a request that never ends", (sidecar) => requested(sidecar, creation));
  fact(32, "a request that never begins", (sidecar) => requested(sidecar, Buffer.alloc(0)));
  fact(32, "a byte now and then", async ({ address }) => {
    const connection = await RawConnection.open(address);
    const stream = connection.newStream();
    const ended = connection.end(stream);
    await connection.send(headerFrames(stream, headerBlock(callHeaders(`/${everything}/Create`)), false));
    const over = new AbortController();
    void ended.then(() => over.abort());
    let at = 0;
    try {
      for await (const _ of setInterval(100, undefined, { signal: over.signal }))
        await connection.send(dataFrames(stream, creation.subarray(at, ++at), false));
    } catch {
      // the call has ended
    }
    connection.close();
    return seen(await ended);
  });

  fact(33, "a stream nobody reads", { given: large, when: (sidecar) => unanswered(sidecar, "Scan", 1) });
  fact(33, "20 streams nobody reads", {
    given: large,
    growth: unreadGrowth,
    when: (sidecar) => unanswered(sidecar, "Scan", 20),
  });
  fact(33, "answers nobody reads", {
    given: large,
    growth: unreadGrowth,
    when: (sidecar) => unanswered(sidecar, "List", 20),
  });
});

describe.each(TRANSPORTS)("over %s, with more patience", (transport) => {
  const fact = wireFacts(servedOver(transport, `{slow_consumer: ${patience}ms}`));

  fact(33, "a reader who wakes", { given: large, when: woken });
});
