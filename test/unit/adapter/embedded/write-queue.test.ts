/** Writes on their way: those that are given up leave the queue at once, whatever is being committed meanwhile. */

import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { NotSent } from "../../../../src/adapter/adapter.ts";
import { WriteQueue } from "../../../../src/adapter/embedded/write-queue.ts";
import { createCall } from "../../../../src/model/call.ts";

it("what is given up while a group is committed is not kept until it ends, and makes room for others", async () => {
  const gate = Promise.withResolvers<void>();
  const committed: string[] = [];
  const run = async (jobs: readonly string[]): Promise<readonly { readonly kind: "done" }[]> => {
    await gate.promise;
    committed.push(...jobs);
    return jobs.map(() => ({ kind: "done" }));
  };
  const queue = new WriteQueue({ run }, () => 1, { waiting: 2, group: 8 });
  const first = queue.submit("first");
  await setImmediate(); // its group is under way
  const calls = ["a", "b"].map((requestId) => createCall({ timeout: 20_000, requestId }));
  const given = calls.map(({ call }, i) => queue.submit(`given up ${i}`, call));
  await expect(queue.submit("too many")).rejects.toMatchObject({ reason: "QUEUE_FULL" });
  expect(queue.stats().waiting).toBe(2);
  for (const control of calls) control.abort("cancelled");
  for (const each of given) await expect(each).rejects.toBeInstanceOf(NotSent);
  expect(queue.stats().waiting).toBe(0);
  const last = queue.submit("last");
  gate.resolve();
  await Promise.all([first, last]);
  expect(committed).toEqual(["first", "last"]);
});

interface Done {
  readonly kind: "done";
}

/** Whose groups end when they are let go. */
function held(): {
  readonly run: (jobs: readonly string[]) => Promise<readonly Done[]>;
  readonly begun: string[];
  readonly letGo: () => void;
} {
  const gate = Promise.withResolvers<void>();
  const begun: string[] = [];
  const run = async (jobs: readonly string[]): Promise<readonly Done[]> => {
    begun.push(...jobs);
    await gate.promise;
    return jobs.map(() => ({ kind: "done" }));
  };
  return { run, begun, letGo: gate.resolve };
}

it("is held once what waits is done, and sends nothing until it is let go", async () => {
  const runner = held();
  const queue = new WriteQueue(runner, () => 1, { waiting: 8, group: 8 });
  const before = queue.submit("before");
  let isHeld = false;
  const holding = queue.hold().then((letGo) => ((isHeld = true), letGo));
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  expect([isHeld, runner.begun]).toEqual([false, ["before"]]);
  runner.letGo();
  const letGo = await holding;
  await before;
  const meanwhile = queue.submit("meanwhile");
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  expect(runner.begun).toEqual(["before"]);
  letGo();
  await meanwhile;
  expect(runner.begun).toEqual(["before", "meanwhile"]);
});

it("is not held before a write that waits is sent", async () => {
  const runner = held();
  runner.letGo();
  const queue = new WriteQueue(runner, () => 1, { waiting: 8, group: 8 });
  const one = queue.submit("one");
  const letGo = await queue.hold();
  expect(runner.begun).toEqual(["one"]);
  letGo();
  await one;
});

it("is drained once all that was taken is done, and takes no more", async () => {
  const runner = held();
  const queue = new WriteQueue(runner, () => 1, { waiting: 8, group: 8 });
  expect(queue.idle).toBe(true);
  const last = queue.submit("last");
  expect(queue.idle).toBe(false); // nothing runs yet
  await setImmediate();
  expect([runner.begun, queue.idle]).toEqual([["last"], false]); // nothing waits any more
  let isDrained = false;
  const drained = queue.drain().then(() => (isDrained = true));
  await expect(queue.submit("too late")).rejects.toMatchObject({ reason: "DRAINING" });
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  expect(isDrained).toBe(false);
  runner.letGo();
  await Promise.all([last, drained]);
  expect(queue.idle).toBe(true);
});

it("is held also where a turn was due for a write that was given up", async () => {
  const runner = held();
  runner.letGo();
  const queue = new WriteQueue(runner, () => 1, { waiting: 8, group: 8 });
  const control = createCall({ timeout: 20_000, requestId: "given up" });
  const given = queue.submit("given up", control.call);
  control.abort("cancelled");
  await expect(given).rejects.toBeInstanceOf(NotSent);
  const letGo = await queue.hold();
  const later = queue.submit("later");
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  expect(runner.begun).toEqual([]);
  letGo();
  await later;
  expect(runner.begun).toEqual(["later"]);
});
