import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TransientMap } from "../../../src/containers/transient-map.ts";
import { TransientSet } from "../../../src/containers/transient-set.ts";

type Step = readonly ["set" | "delete", number];

// Few keys and many steps, so that all come and go often enough for new tables.
const steps = fc.array(fc.tuple(fc.constantFrom("set", "delete"), fc.nat(60)), { minLength: 100, maxLength: 400 });

describe("a transient map", () => {
  test("is a Map", () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const [made, plain] = [new TransientMap<number, number>(), new Map<number, number>()];
        taken.forEach(([step, key]: Step, i) => {
          const take = (map: Map<number, number> | TransientMap<number, number>): unknown =>
            step === "delete" ? map.delete(key) : void map.set(key, i);
          expect(take(made)).toBe(take(plain));
          expect([made.size, made.has(key), made.get(key)]).toEqual([plain.size, plain.has(key), plain.get(key)]);
          expect(made.first).toBe(plain.keys().next().value);
        });
        expect(made.keys()).toEqual([...plain.keys()]);
        expect(made.values()).toEqual([...plain.values()]);
      }),
    );
  });

  // The first is asked for now and then, and keys that were first come again: what is known of the first must not stay behind.
  test("is a Map whose first is taken", () => {
    const key = fc.oneof(fc.nat(60), fc.constantFrom(NaN, 0, -0));
    const taking = fc.tuple(fc.constantFrom("set", "set", "delete", "take", "look"), key);
    fc.assert(
      fc.property(fc.array(taking, { minLength: 100, maxLength: 400 }), (steps) => {
        const [made, plain] = [new TransientMap<number, number>(), new Map<number, number>()];
        const firsts: (readonly [made: number | undefined, plain: number | undefined])[] = [];
        for (const [i, [step, key]] of steps.entries()) {
          const first = plain.keys().next().value;
          if (step === "look" || step === "take") firsts.push([made.first, first]);
          for (const map of [made, plain]) {
            if (step === "set") map.set(key, i);
            else if (step !== "look") map.delete(step === "take" ? (first ?? key) : key);
          }
        }
        expect(firsts.map(([found]) => found)).toEqual(firsts.map(([, wanted]) => wanted));
        expect(made.keys()).toEqual([...plain.keys()]);
      }),
    );
  });

  test("does not take longer for each first, the more were taken before", () => {
    // The least of some times, because others use the machine, too.
    const took = (members: number): number =>
      Math.min(
        ...Array.from({ length: 3 }, () => {
          const queue = new TransientMap<number, number>();
          for (let i = 0; i < members; i++) queue.set(i, i);
          const begun = performance.now();
          for (let key = queue.first; key !== undefined; key = queue.first) queue.delete(key);
          return (performance.now() - begun) / members;
        }),
      );
    took(1_000);
    expect(took(100_000)).toBeLessThan(20 * took(1_000));
  });

  test("what is iterated stays as it was", () => {
    const made = new TransientMap<number, string>();
    for (let i = 0; i < 200; i++) made.set(i, "here");
    const seen = made.keys();
    for (const key of seen) made.delete(key);
    expect([seen.length, made.size]).toEqual([200, 0]);
  });
});

test("a transient set is a Set", () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const [made, plain] = [new TransientSet<number>(), new Set<number>()];
      for (const [step, member] of taken) {
        const take = (set: Set<number> | TransientSet<number>): unknown =>
          step === "delete" ? set.delete(member) : void set.add(member);
        expect(take(made)).toBe(take(plain));
        expect([made.size, made.has(member), made.first]).toEqual([plain.size, plain.has(member), [...plain][0]]);
      }
      expect(made.values()).toEqual([...plain]);
    }),
  );
});

describe("what young collections leave of members that are gone", () => {
  const script = fileURLToPath(new URL("turnover.ts", import.meta.url));

  /** Of 64 MB that went through it. */
  async function megabytesLeft(kind: string): Promise<number> {
    const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", script, kind]);
    return Number(stdout);
  }

  test.each(["TransientMap", "TransientMap as a queue", "TransientSet"])("a %s leaves nothing", async (kind) => {
    expect(await megabytesLeft(kind)).toBeLessThan(8);
  });

  // Why they are there. Where this fails, V8 has learned it, and Map and Set will do.
  test.each(["Map", "Set"])("a %s leaves most of them", async (kind) => {
    expect(await megabytesLeft(kind)).toBeGreaterThan(24);
  });
});
