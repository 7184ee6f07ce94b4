// What outlives a run that is played in pieces: the rows as they were made, how many of each entity are loaded, which scenarios held, and what they changed.
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { mkdir, open, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { JsonObject } from "@bufbuild/protobuf";
import { loadRows } from "../integration/load.ts";
import type { Sidecar } from "../integration/sidecar.ts";

/** Rows of each entity by key. */
export type Rows = Map<string, Map<string, JsonObject>>;

interface Said {
  /** Rows of each entity that the store has. */
  loaded: { [entity: string]: number };
  /** Milliseconds. */
  loading: number;
  held: string[];
  /** By entity and key; null is deleted. */
  changes: { [entity: string]: { [key: string]: JsonObject | null } };
}

export interface KeptOptions {
  readonly folder: string;
  /** Whether nothing further begins. */
  readonly isOver: () => boolean;
  readonly tell: (text: string) => void;
}

/** The time of this piece is over; the next goes on. */
export class Unfinished extends Error {}

export class Kept {
  readonly #options: KeptOptions;
  readonly #said: Said;
  #made: ReadonlyMap<string, ReadonlyMap<string, JsonObject>> = new Map();

  constructor(options: KeptOptions) {
    this.#options = options;
    const file = join(options.folder, "said.json");
    const none: Said = { loaded: {}, loading: 0, held: [], changes: {} };
    // Written by this class alone.
    this.#said = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Said) : none;
  }

  /** Milliseconds that loading took, in all pieces. */
  get loading(): number {
    return this.#said.loading;
  }

  hasHeld(name: string): boolean {
    return this.#said.held.includes(name);
  }

  /** As they were made, with what scenarios changed since. */
  async rows(make: () => Rows): Promise<Rows> {
    const { folder } = this.#options;
    const ready = join(folder, "rows");
    if (!existsSync(ready)) {
      const made = make();
      await mkdir(`${ready}-new`, { recursive: true });
      for (const [entity, rows] of made) await writeRows(join(`${ready}-new`, entity), rows);
      await writeFile(join(`${ready}-new`, "entities"), [...made.keys()].join("\n"));
      await rename(`${ready}-new`, ready);
    }
    const all: Rows = new Map();
    for (const entity of readFileSync(join(ready, "entities"), "utf8").split("\n"))
      all.set(entity, await readRows(join(ready, entity)));
    this.#made = new Map([...all].map(([entity, rows]) => [entity, new Map(rows)]));
    return all;
  }

  /** @throws Unfinished */
  async load(sidecar: Sidecar, schema: string): Promise<void> {
    const { isOver, tell } = this.#options;
    for (const [entity, rows] of this.#made) {
      const from = this.#said.loaded[entity] ?? 0;
      if (from === rows.size) continue;
      const [before, began] = [this.#said.loading, performance.now()];
      let put = from;
      const patience = { from, isOver, progress: (now: number): void => void (put = now) };
      try {
        await loadRows(sidecar, `${schema}.${entity}`, [...rows.values()], { patience });
      } finally {
        this.#said.loaded[entity] = put;
        this.#said.loading = before + performance.now() - began;
        await this.#save();
      }
      const speed = (put - from) / ((this.#said.loading - before) / 1_000);
      tell(`${entity}: ${put} of ${rows.size} rows, ${speed.toFixed(0)} a second`);
      if (put < rows.size) throw new Unfinished();
    }
  }

  /** Once it has been compared. */
  async held(name: string, now: ReadonlyMap<string, ReadonlyMap<string, JsonObject>>): Promise<void> {
    this.#said.held.push(name);
    for (const [entity, rows] of now) {
      const made = this.#made.get(entity) ?? new Map<string, JsonObject>();
      const changes: { [key: string]: JsonObject | null } = {};
      for (const [key, row] of rows) if (row !== made.get(key)) changes[key] = row; // scenarios set another object
      for (const key of made.keys()) if (!rows.has(key)) changes[key] = null;
      this.#said.changes[entity] = changes;
    }
    await this.#save();
    if (this.#options.isOver()) throw new Unfinished();
  }

  /** What scenarios of earlier pieces did. */
  change(rows: Rows): void {
    for (const [entity, changes] of Object.entries(this.#said.changes))
      for (const [key, row] of Object.entries(changes)) {
        if (row) rows.get(entity)?.set(key, row);
        else rows.get(entity)?.delete(key);
      }
  }

  async #save(): Promise<void> {
    const file = join(this.#options.folder, "said.json");
    await writeFile(`${file}-new`, JSON.stringify(this.#said));
    await rename(`${file}-new`, file);
  }
}

/** A line for each. */
async function writeRows(file: string, rows: ReadonlyMap<string, JsonObject>): Promise<void> {
  const target = await open(file, "w");
  let lines: string[] = [];
  for (const each of rows) {
    lines.push(`${JSON.stringify(each)}\n`);
    if (lines.length < 1_000) continue;
    await target.write(lines.join(""));
    lines = [];
  }
  await target.write(lines.join(""));
  await target.close();
}

async function readRows(file: string): Promise<Map<string, JsonObject>> {
  const rows = new Map<string, JsonObject>();
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [key, row] = JSON.parse(line) as [string, JsonObject]; // as `writeRows` leaves it
    rows.set(key, row);
  }
  return rows;
}
