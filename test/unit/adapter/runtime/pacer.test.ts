/** However much long work waits, a turn of the event loop holds about a millisecond of it. */

import { expect, it } from "vitest";
import { Pacer } from "../../../../src/adapter/runtime/pacer.ts";

/** A loop whose turns and time the test moves. */
function loop(): {
  readonly pacer: Pacer;
  readonly turn: () => Promise<void>;
  readonly work: (name: string, ms: number) => () => void;
  ran: string[];
} {
  let now = 0;
  const queued: (() => void)[] = [];
  const ran: string[] = [];
  return {
    pacer: new Pacer({ now: () => now, next: (callback) => void queued.push(callback) }),
    turn: async () => {
      for (const callback of queued.splice(0)) {
        callback();
        await settled();
      }
    },
    work: (name, ms) => () => {
      ran.push(name);
      now += ms;
    },
    ran,
  };
}

/** Every promise that can go on has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

async function workInPieces({ pacer, work }: ReturnType<typeof loop>, name: string, pieces: number): Promise<void> {
  await pacer.run("begin", work(name, 1));
  for (let i = 1; i < pieces; i += 1) await pacer.run("continue", work(name, 1));
}

it("lets a hundred that come at once do one piece in each turn", async () => {
  const one = loop();
  for (let i = 0; i < 100; i += 1) void workInPieces(one, `scan ${i}`, 2);
  await settled();
  expect(one.ran.length).toBe(1);
  for (let turns = 2; turns <= 200; turns += 1) {
    await one.turn();
    expect(one.ran.length).toBe(turns);
  }
  expect(new Set(one.ran).size).toBe(100);
});

it("lets what begins wait for one piece at most, and what goes on have every other turn", async () => {
  const one = loop();
  for (let i = 0; i < 10; i += 1) void workInPieces(one, "long", 100);
  await settled();
  for (let turns = 0; turns < 20; turns += 1) await one.turn();
  one.ran.length = 0;
  for (let i = 0; i < 3; i += 1) void workInPieces(one, "new", 1);
  for (let turns = 0; turns < 6; turns += 1) await one.turn();
  expect(one.ran).toEqual(["new", "long", "new", "long", "new", "long"]);
});

it("keeps small work in the turn it comes in while there is room", async () => {
  const one = loop();
  for (let i = 0; i < 6; i += 1) void one.pacer.run("begin", one.work("small", 0.25));
  expect(one.ran.length).toBe(4);
  await one.turn();
  expect(one.ran.length).toBe(6);
});

it("tells of a piece that failed, at once or later", async () => {
  const one = loop();
  const fail = (): never => {
    throw new Error("no");
  };
  expect(() => one.pacer.run("begin", fail)).toThrow("no");
  void one.pacer.run("begin", one.work("long", 1));
  const [later] = await Promise.allSettled([one.pacer.run("begin", fail), one.turn()]);
  expect(later).toMatchObject({ status: "rejected", reason: { message: "no" } });
});
