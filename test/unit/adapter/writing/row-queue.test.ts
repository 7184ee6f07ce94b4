/** Writers of one row go one after the other; those of others do not wait for them. */

import { expect, test } from "vitest";
import { NotSent } from "../../../../src/adapter/adapter.ts";
import { RowQueue } from "../../../../src/adapter/writing/row-queue.ts";
import { createCall } from "../../../../src/model/call.ts";

const call = () => createCall({ timeout: 60_000, requestId: "r" });

test("work on a row begins when the one before it is done, also where that failed; other rows go ahead", async () => {
  const queue = new RowQueue();
  const begun: string[] = [];
  const first = Promise.withResolvers<void>();
  const failing = queue.run("a", call().call, async () => {
    begun.push("first");
    await first.promise;
  });
  const second = queue.run("a", call().call, async () => begun.push("second"));
  await queue.run("b", call().call, async () => begun.push("other row"));
  expect(begun).toEqual(["first", "other row"]);
  expect(queue.waiting).toBe(1);
  first.reject(new Error("the first fails"));
  await expect(failing).rejects.toThrow("the first fails");
  await second;
  expect(begun).toEqual(["first", "other row", "second"]);
  expect(queue.waiting).toBe(0);
});

test("a call that ends while it waits was not sent, and those behind it still wait for the first", async () => {
  const queue = new RowQueue();
  const begun: string[] = [];
  const first = Promise.withResolvers<void>();
  const running = queue.run("a", call().call, () => first.promise);
  const leaving = call();
  const left = queue.run("a", leaving.call, async () => begun.push("left"));
  const last = queue.run("a", call().call, async () => begun.push("last"));
  leaving.abort("cancelled");
  await expect(left).rejects.toBeInstanceOf(NotSent);
  expect(begun).toEqual([]);
  first.resolve();
  await Promise.all([running, last]);
  expect(begun).toEqual(["last"]);
});
