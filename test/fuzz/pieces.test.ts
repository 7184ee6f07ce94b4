// What clients send means the same however the network cuts it, and whoever stops in the middle leaves nothing behind.
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Listener } from "../../src/transport/transport.ts";
import { listenOn } from "../checkers/transports.ts";
import { peer } from "../unit/http2/peers.ts";
import { answersIn } from "./answers.ts";
import { echoMethods } from "./echo.ts";
import { replay } from "./replay.ts";
import { bytesOf, sessions } from "./sessions.ts";

describe.each(sessions)("a session of $client", ({ frames }) => {
  const bytes = bytesOf(frames);

  /** A machine without a socket, which answers nothing. */
  const play = (pieces: readonly Buffer[]): string => {
    const server = peer("server");
    for (const piece of pieces) server.connection.receive(piece);
    return `${server.told.join("|")} ${server.take().toString("hex")}`;
  };

  test("cut at every offset means the same", () => {
    const whole = play([bytes]);
    for (let at = 1; at < bytes.length; at++) expect(play([bytes.subarray(0, at), bytes.subarray(at)])).toBe(whole);
    expect(play(Array.from(bytes, (byte) => Buffer.from([byte])))).toBe(whole);
  });
});

describe("over a socket", () => {
  let listener: Listener;
  beforeAll(async () => {
    listener = await listenOn("native", echoMethods);
  });
  afterAll(() => listener.drain(0));

  test.each(sessions)("a session of $client is answered the same, byte by byte", async ({ frames }) => {
    const bytes = bytesOf(frames);
    const { streams: whole } = answersIn((await replay(listener.address, [bytes])).bytes);
    const pieces = Array.from(bytes, (byte) => Buffer.from([byte]));
    const { streams } = answersIn((await replay(listener.address, pieces)).bytes);
    expect([...streams].toSorted(([a], [b]) => a - b)).toEqual([...whole].toSorted(([a], [b]) => a - b));
  });

  test("a client that goes away at any offset, half open or at once, leaves no call behind", async () => {
    const server = await listenOn("native", echoMethods);
    const [host = "", port = ""] = server.address.split(":");
    const bytes = bytesOf(sessions.find(({ client }) => client === "grpc-go")?.frames ?? []);
    const leave = async (at: number): Promise<void> => {
      const socket = connect({ host, port: Number(port), allowHalfOpen: true });
      socket.on("error", () => {}).resume();
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.write(bytes.subarray(0, at), () => (at % 2 === 0 ? socket.end() : socket.resetAndDestroy()));
      await closed;
    };
    const offsets = Array.from({ length: bytes.length / 3 }, (_, i) => 1 + 3 * i);
    while (offsets.length > 0) await Promise.all(offsets.splice(0, 50).map(leave));
    await expect(server.drain(60_000)).resolves.toBeUndefined(); // it waits for calls that are open: longer than a test may last
  });
});
