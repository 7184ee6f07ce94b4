import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { Fault } from "../../../src/model/fault.ts";
import { createOf } from "../direct.ts";
import { testCall } from "../rows.ts";
import type { OpeningClause, OpeningFault } from "./opening-clause.ts";
import type { OpenedPlace } from "./place.ts";
import { ticket } from "./units.ts";

export const clause: OpeningClause = {
  name: "tables: inspect says what differs, creates nothing, changes nothing and writes nothing",
  needs: ["durable", "schema"],
  async run(place) {
    const nothing = new Set(place.entities.map(({ name }) => name));
    // The second look tells what the first has made, where no file does.
    for (const sound of [{}, { sound: true }] as const) {
      const inspected = await place.open({ tables: "inspect", ...sound });
      // A server's database is there, and empty.
      if (place.hasFiles) expect(inspected.adapter.schema!.isAbsent).toBe(true);
      const differences = await inspected.adapter.schema!.verify(testCall());
      expect(new Set(differences.map(({ entity }) => entity))).toEqual(nothing);
      await inspected.close();
      expect(await filesOf(place.dataDir)).toEqual([]);
    }

    await (await place.open({ entities: [ticket], sound: true })).close();
    const before = await filesOf(place.dataDir);
    const again = await place.open({ tables: "inspect" });
    expect(again.adapter.schema!.isAbsent).not.toBe(true);
    expect(await again.adapter.schema!.verify(testCall())).not.toEqual([]);
    expect(await writtenTo(again, createOf(place, ticket, { id: "never" }))).toBeInstanceOf(Fault);
    await again.close();
    expect(await filesOf(place.dataDir)).toEqual(before);
  },
};

/** What a write was refused with, as a whole or by itself. */
async function writtenTo({ adapter }: OpenedPlace, create: ReturnType<typeof createOf>): Promise<unknown> {
  const write = { mutations: [create], atomic: false, returning: false, consistency: undefined };
  return adapter.write(write, testCall()).then(
    (result) =>
      result.kind !== "reused" && result.outcomes[0]?.status === "failed" ? result.outcomes[0].error : result,
    (error: unknown) => error,
  );
}

/** Every file with a digest of its bytes. */
async function filesOf(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const lines = files.toSorted().map(async (file) => {
    const digest = createHash("sha256").update(await readFile(file));
    return `${file} ${digest.digest("hex")}`;
  });
  return Promise.all(lines);
}

export const faults: readonly OpeningFault[] = [
  {
    name: "tables: inspect makes what it does not find",
    plant: (open) => (options) => open(options.tables === "inspect" ? { ...options, tables: "auto" } : options),
  },
];
