/** Whom a connection is lent to, how long it lives, and what keeps calls from connecting. The clock is the test's own. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NotSent } from "../../../../../../src/adapter/adapter.ts";
import { NotConnected } from "../../../../../../src/adapter/runtime/link-failure.ts";
import type { Link } from "../../../../../../src/adapter/sql/server/connection/link.ts";
import { Pool, type PoolOptions } from "../../../../../../src/adapter/sql/server/connection/pool.ts";
import { createCall, type Call } from "../../../../../../src/model/call.ts";
import { Fault } from "../../../../../../src/model/fault.ts";

class OpenLink implements Link {
  readonly said: string[] = [];
  readonly limits: number[] = [];
  isOpen = true;
  isDirty = false;
  async run({ text }: { readonly text: string }): Promise<{ readonly rows: []; readonly affected: 0 }> {
    this.said.push(text);
    if (text === "ROLLBACK") this.isDirty = false;
    return { rows: [], affected: 0 };
  }
  limit(left: number): void {
    this.limits.push(left);
  }
  isInTransaction(): boolean {
    return this.isDirty;
  }
  isLost(): boolean {
    return !this.isOpen;
  }
  cancel(): void {
    this.said.push("cancel");
  }
  end(): void {
    this.isOpen = false;
  }
}

let links: OpenLink[];
let isDown: boolean;
let attempts: number;
let pool: Pool;

function open(options: Partial<PoolOptions> = {}): void {
  pool = new Pool({
    connect: async () => {
      attempts += 1;
      if (isDown) throw new NotConnected(new Error("refused"));
      const link = new OpenLink();
      links.push(link);
      return link;
    },
    most: 10,
    waiting: 4,
    idleTime: 1_000_000,
    lifetime: 1_000_000,
    grace: 1_000,
    breaker: { failures: 5, time: 30_000 },
    ...options,
  });
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  [links, isDown, attempts] = [[], false, 0];
});
afterEach(async () => {
  await pool.close();
  vi.useRealTimers();
});

const anyCall = (): Call => createCall({ timeout: Infinity, requestId: "pool" }).call;
const used = (body: (link: Link) => Promise<void> = async () => {}): Promise<void> => pool.use(anyCall(), body);

/** So many pieces of work at once. */
async function together(count: number): Promise<void> {
  const ends: (() => void)[] = [];
  const work = Array.from({ length: count }, () => used(() => new Promise<void>((resolve) => ends.push(resolve))));
  await vi.waitFor(() => expect(ends).toHaveLength(count));
  for (const end of ends) end();
  await Promise.all(work);
}

describe("a connection", () => {
  it("is lent again until its time is over, which is another for each, a tenth more or less", async () => {
    open({ lifetime: 10_000 });
    await together(10);
    vi.advanceTimersByTime(8_500); // waiting for something moves this clock, too
    await together(10);
    expect(attempts).toBe(10);
    const left = (): number => links.slice(0, 10).filter(({ isOpen }) => isOpen).length;
    const seen = new Set<number>();
    for (let now = 9_000; now < 11_200; now += 200) {
      vi.advanceTimersByTime(200);
      await together(10);
      seen.add(left());
    }
    expect(left()).toBe(0);
    expect(seen.size, "they are not all replaced at one time").toBeGreaterThan(2);
  });

  it("is closed when nobody used it for so long", async () => {
    open({ idleTime: 1_000 });
    await used();
    vi.advanceTimersByTime(900);
    expect(links[0]?.isOpen).toBe(true);
    vi.advanceTimersByTime(700);
    expect(links[0]?.isOpen).toBe(false);
    expect(pool.gauges().pool).toEqual({ inUse: 0, idle: 0, most: 10 });
  });

  it("that comes back with a transaction is rolled back before anybody else has it", async () => {
    open({ most: 1 });
    await used(async () => {
      links[0]!.isDirty = true;
    });
    await used(async (link) => void (await link.run({ text: "mine", parameters: [] })));
    expect(links).toHaveLength(1);
    expect(links[0]?.said).toEqual(["ROLLBACK", "mine"]);
  });

  it("is told how long each call has left", async () => {
    open({ most: 1 });
    for (const timeout of [5_000, 2_000, Infinity])
      await pool.use(createCall({ timeout, requestId: "pool" }).call, async () => {});
    expect(links[0]?.limits).toEqual([5_000, 2_000, Infinity]);
  });

  it("whose work was cancelled is closed, and so is one that breaks", async () => {
    open({ most: 1 });
    const control = createCall({ timeout: Infinity, requestId: "pool" });
    await pool.use(control.call, async () => control.abort("cancelled"));
    expect(links[0]).toMatchObject({ isOpen: false, said: ["cancel"] });
    await used(async (link) => link.end());
    await used();
    expect(links).toHaveLength(3);
  });

  it("that was there when a server took no writes any more is lent to nobody", async () => {
    open();
    await together(2);
    let end = (): void => {};
    const running = used(() => new Promise<void>((resolve) => (end = resolve)));
    await vi.waitFor(() => expect(pool.gauges().pool?.inUse).toBe(1));
    vi.advanceTimersByTime(1);
    pool.renew();
    expect(links.filter(({ isOpen }) => isOpen)).toHaveLength(1);
    end();
    await running;
    vi.advanceTimersByTime(1);
    await used();
    expect(links.map(({ isOpen }) => isOpen)).toEqual([false, false, true]);
  });

  it("that was being made at that time has signed in as before, and is lent to nobody else", async () => {
    let arrive = (): void => {};
    const way = new Promise<void>((resolve) => (arrive = resolve));
    open({
      connect: async () => {
        const link = new OpenLink();
        links.push(link);
        if (links.length === 1) await way;
        return link;
      },
    });
    const first = used();
    vi.advanceTimersByTime(1);
    pool.renew();
    vi.advanceTimersByTime(1);
    arrive();
    await first;
    await used();
    expect(links.map(({ isOpen }) => isOpen)).toEqual([false, true]);
  });
});

describe("those who wait", () => {
  it("have the next connection, are told when there are too many, and leave when their call does", async () => {
    open({ most: 1, waiting: 1 });
    let end = (): void => {};
    const first = used(() => new Promise<void>((resolve) => (end = resolve)));
    const control = createCall({ timeout: Infinity, requestId: "pool" });
    const second = pool.use(control.call, async () => {});
    const third = await used().catch((error: unknown) => error);
    expect(third).toBeInstanceOf(Fault);
    expect(third).toMatchObject({ reason: "QUEUE_FULL", detail: { retryAfter: 100 } });
    control.abort("deadline");
    await expect(second).rejects.toBeInstanceOf(NotSent);
    const fourth = used();
    end();
    await Promise.all([first, fourth]);
    expect(attempts).toBe(1);
  });
});

describe("the breaker", () => {
  it("keeps calls from trying after five failures, for 30 seconds or until a look succeeds", async () => {
    open();
    isDown = true;
    for (let i = 0; i < 8; i += 1) await expect(used()).rejects.toBeInstanceOf(NotConnected);
    expect(attempts).toBe(5);
    await expect(pool.use(anyCall(), async () => {}, true)).rejects.toBeInstanceOf(NotConnected);
    expect(attempts, "a look tries nevertheless").toBe(6);
    vi.advanceTimersByTime(30_001);
    await expect(used()).rejects.toBeInstanceOf(NotConnected);
    expect(attempts).toBe(7);
    isDown = false;
    await pool.use(anyCall(), async () => {}, true);
    await together(3);
    expect(links).toHaveLength(3);
  });

  it("lets calls through again after a look that had a connection of before, too", async () => {
    open();
    let end = (): void => {};
    const first = used(() => new Promise<void>((resolve) => (end = resolve)));
    await vi.waitFor(() => expect(links).toHaveLength(1));
    isDown = true; // as a server that takes no more connections
    for (let i = 0; i < 5; i += 1) await expect(used()).rejects.toBeInstanceOf(NotConnected);
    isDown = false;
    end();
    await first;
    await pool.use(anyCall(), async () => {}, true);
    const second = used(() => new Promise<void>((resolve) => (end = resolve)));
    const told = await used().then(() => "served", String);
    end();
    await second;
    expect([told, links.length]).toEqual(["served", 2]);
  });

  it("tells those who wait as soon as it keeps calls from trying, and leaves none behind", async () => {
    open({ most: 2, waiting: 20 });
    isDown = true;
    const told = await Promise.allSettled(Array.from({ length: 12 }, () => used()));
    for (const each of told)
      expect(each).toMatchObject({ status: "rejected", reason: expect.any(NotConnected) as unknown });
    expect(attempts).toBeLessThanOrEqual(6); // one was on its way when the fifth failed
    expect(pool.gauges().waiting).toBe(0);
  });
});
