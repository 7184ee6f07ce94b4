// Deadlines of calls are kept in a wheel: a timer of the loop for each call would cost more than all else that is kept of it.
import { createHook } from "node:async_hooks";
import { expect, onTestFinished, test } from "vitest";
import { createRefusals } from "../../../src/service/status.ts";
import { listenNative } from "../../../src/transport/native.ts";
import type { Method } from "../../../src/transport/transport.ts";
import { connectClient } from "../../bench/stages/client.ts";
import { generousLimits } from "./generous-limits.ts";

const echo: Method = {
  kind: "unary",
  timeout: { maximum: 30_000, fallback: 5_000 },
  handle: async (request) => Buffer.from(request),
};

/** Milliseconds of a slot of the wheel, which is looked at once in so many. */
const slot = 8;

test("thousands of calls with deadlines share the timer of a wheel", async () => {
  const listener = await listenNative({
    address: "127.0.0.1:0",
    methods: new Map([["/test/Echo", echo]]),
    limits: generousLimits,
    refuse: createRefusals(),
  });
  onTestFinished(() => listener.drain(0));
  const client = await connectClient(listener.address);
  onTestFinished(() => client.close());
  let timers = 0;
  const hook = createHook({
    init: (_id, type) => {
      if (type === "Timeout") timers += 1;
    },
  }).enable();
  onTestFinished(() => void hook.disable());
  const began = performance.now();
  const calls = 16_000;
  const lane = async (): Promise<void> => {
    for (let i = 0; i < calls / 64; i += 1) await client.call("/test/Echo", Buffer.from("a"));
  };
  await Promise.all(Array.from({ length: 64 }, lane));
  const turns = (performance.now() - began) / slot;
  expect(timers).toBeLessThanOrEqual(turns + 8); // of the wheel; a few are of the connection, and of whoever runs the tests
});
