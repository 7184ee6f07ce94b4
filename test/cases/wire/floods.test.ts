// Floods: rows 3 to 8. Whoever floods loses the connection, and nobody else notices.
import { describe, expect } from "vitest";
import type { Outcome, Sidecar } from "../../integration/sidecar.ts";
import { dribbled, emptyContinuations, endlessHeaders, frames, longerThanPromised, manySettings, mistakes, nameless, overflowingWindows, pingFlood, pingsAtOnce, resets, restlessWindows, settingsFlood, tableSizes, unpackingBeforeSettings, unpackingHeaders, windowOfNothing, windowUpdates } from "./attacks.ts"; // prettier-ignore
import { callHeaders, PING, RawConnection } from "./connection.ts";
import { FRAME, frame, headerBlock, headerFrames, message, reset, word } from "./frames.ts";
import { seen } from "./seen.ts";
import { requireServing, servedOver, TRANSPORTS_ON_TCP, wireFacts } from "./wire-fact.ts";

const health = "/grpc.health.v1.Health/Check";
const block = headerBlock(callHeaders(health));
const nothing = message(Buffer.alloc(0));

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

/** As clients measure their bandwidth: a PING for each answer. */
async function measuring(sidecar: Sidecar, calls: number, atOnce: number): Promise<Outcome> {
  const connection = await RawConnection.open(sidecar.address);
  for (let round = 0; round < calls / atOnce; round++) {
    const answers = Array.from({ length: atOnce }, async () => {
      const answer = seen(await connection.request(callHeaders(health), nothing));
      await connection.send(PING);
      return answer;
    });
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ ok: true });
  }
  const end = seen(await connection.request(callHeaders(health), nothing));
  connection.close();
  if ("kind" in end) throw new Error(`the connection did not answer: ${JSON.stringify(end)}`);
  return end;
}

describe.each(TRANSPORTS_ON_TCP)("over %s", (transport) => {
  const limits = "{handshake_timeout: 5s, streams_per_connection: 1600}";
  const fact = wireFacts(servedOver(transport, limits));

  // The first load this sidecar has: what V8 lets gather before it collects is in the figure (`src/cli/heap.ts`).
  fact(3, "200,000 resets", { growth: 96, when: (sidecar) => besideCalls(sidecar, resets(sidecar)) });

  fact(4, "2,000 cancellations", (sidecar) => cancelled(sidecar, 40, 50));
  fact(4, "1,400 cancellations at once", (sidecar) => cancelled(sidecar, 1, 1_400));

  fact(5, "endless headers", { growth: 32, when: endlessHeaders });

  fact(6, "a flood of SETTINGS", (sidecar) => besideCalls(sidecar, settingsFlood(sidecar)));
  fact(6, "a flood of PING", (sidecar) => besideCalls(sidecar, pingFlood(sidecar, { reads: false })));
  fact(6, "a flood of PING, read", (sidecar) => besideCalls(sidecar, pingFlood(sidecar, { reads: true })));
  fact(6, "3,000 PINGs in one go", pingsAtOnce);

  fact(6, "a PING for each of 5,000 answers", (sidecar) => measuring(sidecar, 5_000, 50));

  fact(7, "2,000 overflowing windows", overflowingWindows);
});

describe.each(TRANSPORTS_ON_TCP)("over %s, headers that unpack", (transport) => {
  const fact = wireFacts(servedOver(transport, "{streams_per_connection: 500}"));

  fact(8, "10 times 400 headers that unpack", {
    growth: transport.startsWith("grpc-js") ? 48 : 32, // node:http2 takes 29 to 33 in a process that has served nothing
    when: async (sidecar) => (await unpackingHeaders(sidecar, 1_500)).map(seen),
  });

  // What nghttp2 has read in one go it hands on as a whole: the server can close only after that.
  fact(8, "10 times 400 headers, before SETTINGS are acknowledged", {
    growth: 64,
    when: (sidecar) => unpackingBeforeSettings(sidecar, 72),
  });
});

/** Milliseconds of the server's CPU, all threads, that an attack may take; 50 to 500 are usual. */
const cpu = 2_500;

// What CVEs of 2019 to 2025 did to servers, on the transport that is ours to mend.
describe.each(["native, tcp"] as const)("over %s, attacks of others' history", (transport) => {
  const fact = wireFacts(servedOver(transport, "{streams_per_connection: 1600, slow_consumer: 1s}"));
  const everything = "/test.v1.EverythingRepository";
  const large = async (sidecar: Sidecar): Promise<void> => {
    const entity = { id: "large", bytesValue: "x".repeat(500_000) };
    expect(await sidecar.call(`${everything.slice(1)}/Put`, { entity })).toMatchObject({ ok: true });
  };
  const flooding = (bytes: Buffer) => ({
    cpu,
    when: (sidecar: Sidecar) => besideCalls(sidecar, frames(sidecar, bytes)),
  });
  const mistaken = (mistake: (stream: number) => Buffer) => ({
    cpu,
    when: (sidecar: Sidecar) => besideCalls(sidecar, mistakes(sidecar, mistake)),
  });

  fact(3, "window updates of 0 that make the server reset", mistaken(windowOfNothing));
  fact(3, "bodies longer than promised that make the server reset", mistaken(longerThanPromised));
  fact(3, "headers without a name that make the server reset", mistaken(nameless));

  fact(5, "headers continued with nothing", { cpu, growth: 32, when: emptyContinuations });

  fact(6, "a flood of empty DATA", flooding(frame(FRAME.data, 0, 1)));
  fact(6, "priorities in a circle", flooding(Buffer.concat([priority(1, 3), priority(3, 5), priority(5, 1)])));
  fact(6, "a flood of GOAWAY", flooding(frame(FRAME.goaway, 0, 0, Buffer.concat([word(0), word(0)]))));
  fact(6, "a flood of frames that nobody knows", flooding(frame(99, 0xff, 1, Buffer.alloc(100))));
  fact(6, "SETTINGS that change the windows of 400 streams", {
    cpu,
    given: large,
    growth: 128,
    when: (sidecar) => restlessWindows(sidecar, `${everything}/List`),
  });
  fact(6, "2,730 settings in a frame", { cpu, when: (sidecar) => besideCalls(sidecar, manySettings(sidecar)) });
  fact(6, "a million window updates of a byte", { cpu, when: async (sidecar) => seen(await windowUpdates(sidecar)) });

  fact(7, "answers taken byte by byte", {
    cpu,
    given: large,
    when: async (sidecar) => (await dribbled(sidecar, `${everything}/List`, 20)).map(seen),
  });

  fact(8, "100 times 250 KB of table size updates", {
    cpu,
    growth: 32,
    when: async (sidecar) => (await tableSizes(sidecar)).map(seen),
  });
});

function priority(stream: number, on: number): Buffer {
  return frame(2, 0, stream, Buffer.concat([word(on), Buffer.from([16])]));
}
