/** Where a store lies: empty at first, opened as often as a clause likes, in this process and in others. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Adapter, OpenAdapter, OpenOptions } from "../../../src/adapter/adapter.ts";
import { guard } from "../../../src/adapter/guard.ts";
import type { EntityModel } from "../../../src/model/entity.ts";
import { entities, openAdapter, subjectOf } from "../stores.ts";
import { manualClock, type ManualClock, type Subject } from "../subject.ts";
import type { OpeningFault } from "./opening-clause.ts";
import { startProcess, type OtherProcess, type Task } from "./other-process.ts";

/** A store that the clauses run on. */
export interface PlaceOf {
  readonly name: string;
  readonly url: string;
  /** What the url names, relative to the data directory; undefined where nothing outlives the process. */
  readonly path: string | undefined;
}

export interface Place {
  readonly name: string;
  readonly dataDir: string;
  /** Absolute, as `PlaceOf.path`; the data directory where nothing is kept. */
  readonly path: string;
  readonly clock: ManualClock;
  /** Opens the store, guarded. What is still open is closed after the clause. */
  open(opening?: OpeningOptions): Promise<OpenedPlace>;
  /** Opens the store in a process of its own, which then does its task. */
  start(task: Task): Promise<OtherProcess>;
}

export interface OpeningOptions {
  /** All where it is left out. */
  readonly entities?: readonly EntityModel[];
  /** `auto` where it is left out. */
  readonly tables?: OpenOptions["tables"];
  /** As it should be: without the fault that is planted. */
  readonly sound?: true;
}

export interface OpenedPlace {
  readonly adapter: Adapter;
  /** Of use where all entities were opened. */
  readonly subject: Subject;
  readonly close: () => Promise<void>;
}

export const PLACES: readonly PlaceOf[] = [
  { name: "memory", url: "memory:", path: undefined },
  { name: "SQLite file", url: "sqlite:within/rows.db", path: "within/rows.db" },
  { name: "kv", url: "kv:within/rows", path: "within/rows" },
];

export { entities };

/** Runs `body` on an empty place, and removes the place. */
export async function withPlace(
  { name, url, path }: PlaceOf,
  body: (place: Place) => Promise<void>,
  fault?: OpeningFault,
): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "pannier-opening-"));
  const clock = manualClock();
  let planted: OpenAdapter | undefined;
  const plant = (open: OpenAdapter): OpenAdapter => (planted ??= fault?.plant(open) ?? open);
  const opened = new Set<OpenedPlace>();
  const started = new Set<OtherProcess>();
  const place: Place = {
    name,
    dataDir,
    path: join(dataDir, path ?? "."),
    clock,
    async open({ sound, ...opening } = {}) {
      const options = { store: name, url, dataDir, clock, ...opening };
      const adapter = guard(await openAdapter(options, sound ? undefined : plant), name);
      const each: OpenedPlace = {
        adapter,
        subject: subjectOf(name, adapter, clock),
        close: async () => {
          if (opened.delete(each)) await adapter.close();
        },
      };
      opened.add(each);
      return each;
    },
    async start(task) {
      const other = await startProcess({ url, dataDir, task, ...(fault && { fault: fault.name }) });
      started.add(other);
      return other;
    },
  };
  try {
    await body(place);
  } finally {
    for (const other of started) await other.kill();
    for (const each of opened) await each.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}
