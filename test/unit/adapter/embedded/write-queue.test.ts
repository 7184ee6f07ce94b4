/** Writes on their way: those that are given up leave the queue at once, whatever is being committed meanwhile. */

import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { NotSent } from "../../../../src/adapter/adapter.ts";
import { createWriteQueue } from "../../../../src/adapter/embedded/write-queue.ts";
import { createCall } from "../../../../src/model/call.ts";

it("what is given up while a group is committed is not kept until it ends, and makes room for others", async () => {
  const gate = Promise.withResolvers<void>();
  const committed: string[] = [];
  const run = async (jobs: readonly string[]): Promise<readonly { readonly kind: "done" }[]> => {
    await gate.promise;
    committed.push(...jobs);
    return jobs.map(() => ({ kind: "done" }));
  };
  const queue = createWriteQueue({ run }, () => 1, { waiting: 2, group: 8 });
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
