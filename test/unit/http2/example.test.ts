// The bytes that the README of http2 shows are what our transport takes and answers.
import { readFile } from "node:fs/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createRefusals } from "../../../src/service/status.ts";
import { listenNative } from "../../../src/transport/native.ts";
import type { Method } from "../../../src/transport/transport.ts";
import { generousLimits } from "../transport/generous-limits.ts";

/** Where a line's bytes end and what they say begins. */
const column = 72;

interface Turn {
  readonly side: string;
  readonly bytes: Buffer;
}

function turnsIn(text: string): readonly Turn[] {
  const [, shown = ""] = /```\n(client\n[^`]*)```/.exec(text) ?? [];
  const parts = shown.split(/^(client|server)\n/m).slice(1); // a side, what it says, and so on
  return Array.from({ length: parts.length / 2 }, (_, i) => ({
    side: parts[2 * i] ?? "",
    bytes: bytesIn(parts[2 * i + 1] ?? ""),
  }));
}

function bytesIn(lines: string): Buffer {
  const digits = lines.split("\n").map((line) => line.slice(0, column));
  return Buffer.from(digits.join("").replace(/\s/g, ""), "hex");
}

const echo: Method = {
  kind: "unary",
  timeout: { maximum: 30_000, fallback: 5_000 },
  handle: async (request) => Buffer.from(request),
};

test("the two calls that the README writes out are answered as it says", async () => {
  const turns = turnsIn(await readFile(new URL("../../../src/http2/README.md", import.meta.url), "utf8"));
  expect(turns.map(({ side }) => side)).toEqual(["client", "server", "client", "server"]);
  const listener = await listenNative({
    address: "127.0.0.1:0",
    methods: new Map([["/shop.v1.OrderRepository/Get", echo]]),
    limits: generousLimits,
    refuse: createRefusals(),
  });
  onTestFinished(() => listener.drain(0));
  const socket = connect(Number(listener.address.split(":")[1]), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const answered: Buffer[] = [];
  socket.on("data", (bytes: Buffer) => answered.push(bytes));
  await once(socket, "connect");
  const saidBy = (name: string): readonly Buffer[] =>
    turns.flatMap(({ side, bytes }) => (side === name ? [bytes] : []));
  const shown = saidBy("server");
  for (const [i, bytes] of saidBy("client").entries()) {
    socket.write(bytes);
    const answer = shown[i] ?? Buffer.alloc(0);
    await expect.poll(() => Buffer.concat(answered).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(answer.length);
    expect(Buffer.concat(answered.splice(0)).toString("hex")).toBe(answer.toString("hex"));
  }
});
