// What a start leaves is given back, and the young generation stops growing. In a process of its own, because V8's flags are one process's.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const heap = new URL("../../../src/cli/heap.ts", import.meta.url).href;

/** What the program prints; V8 complains on the other stream of flags that it does not know. */
async function printed(program: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
  expect(stderr).toBe("");
  return stdout;
}

/** Mebibytes of the heap when a start has left much behind, of which little lives in every page; before and after. */
async function leftOfStart(): Promise<{ readonly before: number; readonly after: number; readonly gc: string }> {
  const text = await printed(`
    import { getHeapStatistics } from "node:v8";
    import { letGoOfStart } from ${JSON.stringify(heap)};
    const size = () => getHeapStatistics().total_physical_size / 1_048_576;
    let all = Array.from({ length: 500_000 }, (_, i) => ({ i, more: [i, i] }));
    const alive = all.filter(({ i }) => i % 100 === 0);
    all = undefined;
    const before = size();
    letGoOfStart();
    console.log(JSON.stringify({ before, after: size(), gc: typeof globalThis.gc, alive: alive.length }));
  `);
  return JSON.parse(text) as Awaited<ReturnType<typeof leftOfStart>>; // as it is printed above
}

test("what a start has left behind is given back, and nobody else can collect", async () => {
  const { before, after, gc } = await leftOfStart();
  expect(before).toBeGreaterThan(30);
  expect(after).toBeLessThan(before / 3);
  expect(gc).toBe("undefined");
});

/** Mebibytes reserved for the young generation after much has lived for a short while. */
async function youngAfterLoad(): Promise<number> {
  const program = `
    import { getHeapSpaceStatistics } from "node:v8";
    import { letGrow } from ${JSON.stringify(heap)};
    letGrow();
    const alive = new Array(1_000_000);
    for (let turn = 0; turn < 4_000; turn++) {
      for (let i = 0; i < 5_000; i++) alive[(turn * 5_000 + i) % alive.length] = { turn, i, more: [turn] };
      await new Promise(setImmediate);
    }
    console.log(getHeapSpaceStatistics().find((space) => space.space_name === "new_space").space_size / 1_048_576);
  `;
  return Number(await printed(program));
}

// V8 tells of a collection a turn later: on a busy machine others may have enlarged the space meanwhile. Left alone it takes 32 MiB every time.
test("grows to 8 MiB under load, and little further", { retry: 4 }, async () => {
  expect(await youngAfterLoad()).toBeLessThanOrEqual(16);
});
