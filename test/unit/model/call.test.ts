import { expect, test } from "vitest";
import { createCall, type AbortReason } from "../../../src/model/call.ts";
import { systemClock } from "../../../src/model/clock.ts";

const created = (timeout = Infinity) => createCall({ timeout, requestId: "one" });

test("who listens is told once, with the first reason", () => {
  const control = created();
  const told: string[] = [];
  control.call.onAbort((reason) => told.push(`a ${reason}`));
  control.call.onAbort((reason) => told.push(`b ${reason}`));
  expect(control.call.aborted).toBe(false);
  control.abort("cancelled");
  control.abort("deadline");
  expect(control.call.aborted).toBe(true);
  expect(told).toEqual(["a cancelled", "b cancelled"]);
});

test("who comes after the end is told at once", () => {
  const control = created();
  control.abort("draining");
  const told: AbortReason[] = [];
  control.call.onAbort((reason) => told.push(reason))();
  expect(told).toEqual(["draining"]);
});

test("who has been taken off is not told, and the others are", () => {
  const control = created();
  const told: string[] = [];
  const off = control.call.onAbort(() => told.push("off"));
  control.call.onAbort(() => told.push("on"));
  off();
  off();
  control.abort("cancelled");
  expect(told).toEqual(["on"]);
});

test("a listener that takes itself or another off while it is told hides no other", () => {
  const control = created();
  const told: string[] = [];
  const takeOff: (() => void)[] = [];
  const listen = (name: string, also?: () => void): void => {
    takeOff.push(control.call.onAbort(() => (told.push(name), also?.())));
  };
  listen("itself", () => takeOff[0]?.());
  listen("another", () => takeOff[2]?.());
  listen("taken off");
  listen("last");
  control.abort("cancelled");
  expect(told).toEqual(["itself", "another", "last"]);
});

test.each(["before", "after"])("a signal that is asked for %s the end has its reason", (when) => {
  const control = created();
  const before = when === "before" ? control.call.signal : undefined;
  expect(before?.aborted ?? false).toBe(false);
  control.abort("slow_consumer");
  const signal = before ?? control.call.signal;
  expect({ aborted: signal.aborted, reason: signal.reason as unknown }).toEqual({
    aborted: true,
    reason: "slow_consumer",
  });
});

test("a call without time is over when it begins, and one whose time passes ends", async () => {
  expect(created(0).call.aborted).toBe(true);
  const { call } = created(1);
  const reason = await new Promise<AbortReason>((resolve) => {
    call.onAbort(resolve);
    const alive = setInterval(() => call.aborted && clearInterval(alive), 1); // a call's own timer keeps no process
  });
  expect(reason).toBe("deadline");
});

test("the system's clock counts nanoseconds since 1970", () => {
  const before = BigInt(Date.now()) * 1_000_000n;
  const now = systemClock.now();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(BigInt(Date.now()) * 1_000_000n);
});
