// The young generation stops growing. In a process of its own, because V8's flags are one process's.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const heap = new URL("../../../src/cli/heap.ts", import.meta.url).href;

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
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
  expect(stderr).toBe(""); // V8 complains there of flags it does not know
  return Number(stdout);
}

// V8 tells of a collection a turn later: on a busy machine others may have enlarged the space meanwhile. Left alone it takes 32 MiB every time.
test("grows to 8 MiB under load, and little further", { retry: 4 }, async () => {
  expect(await youngAfterLoad()).toBeLessThanOrEqual(16);
});
