import { randomBytes } from "node:crypto";
import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { createOf } from "../direct.ts";
import { testCall } from "../rows.ts";
import type { OpeningClause, OpeningFault } from "./opening-clause.ts";
import { ticket } from "./units.ts";
import { unsyncedPages } from "./unsynced.ts";

const WRITES = 5;

/**
 * Every write brings a text that is nowhere else, and when it is acknowledged a file that holds the text has no page left
 * that is in memory alone. What a disk does with the bytes it was given is not seen, nor a store that hides its texts.
 */
export const clause: OpeningClause = {
  name: "a write is synced to disk before it is acknowledged",
  needs: ["durable"],
  isAboutFiles: true,
  async untold({ dataDir }) {
    const path = join(dataDir, "probe");
    const file = await open(path, "w");
    try {
      await file.write("not yet on disk");
      const [before] = await unsyncedPages([path]);
      await file.datasync();
      const [after] = await unsyncedPages([path]);
      return before === 1 && after === 0 ? undefined : `this file system says ${before} and ${after} for 1 and 0 pages`;
    } catch (error) {
      return `the kernel does not say what is not yet on disk: ${String(error).split("\n").at(-1)}`;
    } finally {
      await file.close();
    }
  },
  async run(place) {
    const { adapter } = await place.open({ entities: [ticket] });
    for (let written = 0; written < WRITES; written++) {
      const text = randomBytes(32).toString("hex");
      const create = createOf(place, ticket, { id: `synced-${written}`, holder: text });
      await adapter.write({ mutations: [create], atomic: false, returning: false, consistency: undefined }, testCall());
      const files = await filesWith(place.dataDir, text);
      expect(Math.min(...(await unsyncedPages(files))), `pages in memory alone, of files with the text`).toBe(0);
    }
  },
};

async function filesWith(directory: string, text: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const holding = await Promise.all(files.map(async (file) => (await readFile(file)).includes(text)));
  return files.filter((_, i) => holding[i]);
}

export const faults: readonly OpeningFault[] = [
  {
    name: "no fsync: the engine is told to write, and not to sync",
    plant: (openStore) => async (options) => {
      const { ClassicLevel } = await import("classic-level");
      const { prototype } = ClassicLevel;
      const own: unknown = Reflect.get(prototype, "batch");
      Reflect.set(prototype, "batch", function unsynced(this: unknown, changes: unknown, given: object): unknown {
        return typeof own === "function" && Reflect.apply(own, this, [changes, { ...given, sync: false }]);
      });
      const adapter = await openStore(options);
      return { ...adapter, close: () => adapter.close().finally(() => Reflect.set(prototype, "batch", own)) };
    },
  },
];
