// Random histories of one entity: 12 schema changes each over live rows, every version in a store of its own that is closed and opened
// again, an older version writing in between, conversions left in the middle and resumed. A model by field number says what must be read.
import { argv, exit, stdout } from "node:process";
import { pathToFileURL } from "node:url";
import type { SqliteAdapter } from "../../src/adapter/sqlite/open.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import type { FieldType } from "../../src/model/field.ts";
import type { Value } from "../../src/model/value.ts";
import { entityOf, type FieldRow } from "../unit/migration/entities.ts";
import {
  anyCall,
  createOf,
  openStore,
  recordWith,
  temporaryDirectory,
  updateOf,
  writeAll,
} from "../unit/adapter/sqlite/store.ts";

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Kind = "int32" | "int64" | "string" | "d2" | "d4";
interface Declared {
  readonly number: number;
  readonly name: string;
  readonly kind: Kind;
}

const TYPES: { readonly [Name in Kind]: FieldType } = {
  int32: { kind: "int32" },
  int64: { kind: "int64" },
  string: { kind: "string" },
  d2: { kind: "decimal", precision: 12, scale: 2 },
  d4: { kind: "decimal", precision: 14, scale: 4 },
};
const WIDER: { readonly [Name in Kind]?: Kind } = { int32: "int64", d2: "d4" };

function entityWith(fields: readonly Declared[]): EntityModel {
  const rows = fields.map(({ number, name, kind }): FieldRow => [number, name, TYPES[kind], { presence: true }]);
  return entityOf({ fields: [[1, "id", { kind: "string" }], ...rows] });
}

/** A small whole number in a type's own form. */
function valueOf(kind: Kind, small: number): Value {
  if (kind === "string") return `v${small}`;
  if (kind === "int32") return small;
  return kind === "int64" ? BigInt(small) : BigInt(small) * (kind === "d2" ? 100n : 10_000n);
}

interface Version {
  readonly fields: readonly Declared[];
  /** One object, by which its stores know it. */
  readonly entity: EntityModel;
}

const versionOf = (fields: readonly Declared[]): Version => ({ fields, entity: entityWith(fields) });

/** Answers what was read otherwise than the model says; empty where nothing was. */
export async function history(seed: number, changes = 12): Promise<readonly string[]> {
  const run = new History(seed);
  for (let change = 0; change <= changes; change += 1) await run.change(change);
  return run.wrong;
}

class History {
  readonly wrong: string[] = [];
  readonly #seed: number;
  readonly #random: () => number;
  readonly #dataDir = temporaryDirectory();
  /** By key and field number, what was written last; kept also while no version declares it. */
  readonly #model = new Map<string, Map<number, number>>();
  #number = 2;
  #now: Version;
  #earlier: Version;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = randomFrom(seed);
    this.#now = versionOf([this.#fresh(), this.#fresh()]);
    this.#earlier = this.#now;
  }

  async change(at: number): Promise<void> {
    if (at > 0) {
      this.#earlier = this.#now;
      this.#now = versionOf(this.#changed(this.#now.fields));
    }
    await this.#migrate();
    const store = await openStore([this.#now.entity], { dataDir: this.#dataDir });
    const drift = store.schema?.contract?.(this.#now.entity).drift ?? [];
    if (drift.length > 0) this.#say(`change ${at}`, drift.join("; "));
    await this.#compare(store, this.#now, `change ${at}`);
    for (let i = 0; i < 6; i += 1) await this.#write(store, this.#now, true);
    const older = await openStore([this.#earlier.entity], { dataDir: this.#dataDir });
    if ((older.schema?.contract?.(this.#earlier.entity).drift ?? []).length === 0) {
      for (let i = 0; i < 3; i += 1) await this.#write(older, this.#earlier, false);
      await this.#compare(older, this.#earlier, `the version before change ${at}`);
    }
    await older.close();
    await this.#compare(store, this.#now, `change ${at}, after the version before it`);
    await store.close();
  }

  /** Every step may be the last of its process. */
  async #migrate(): Promise<void> {
    for (let status = "running"; status === "running";) {
      const store = await openStore([this.#now.entity], { dataDir: this.#dataDir, tables: "off" });
      do {
        const step = await store.schema?.convert?.({ entity: this.#now.entity, accept: [], rows: 5 }, anyCall());
        status = step?.status ?? "done";
        if (step?.status === "refused") this.#say("migrate", step.why.join("; "));
      } while (status === "running" && this.#random() < 0.7);
      await store.close();
    }
  }

  async #write(store: SqliteAdapter, { fields, entity }: Version, mustApply: boolean): Promise<void> {
    const key = `k${this.#pick(12)}`;
    const chosen = fields.filter(() => this.#random() < 0.6);
    const small = this.#pick(1_000);
    const values = Object.fromEntries(chosen.map(({ name, kind }) => [name, valueOf(kind, small)]));
    const row = this.#model.get(key);
    const mutation = row
      ? updateOf(entity, { id: key, ...values })
      : createOf(entity, recordWith(entity, { id: key, ...values }));
    const [outcome] = await writeAll(store, [mutation]);
    if (outcome?.status !== "applied") {
      if (mustApply) this.#say("write", outcome?.status ?? "nothing");
      return;
    }
    const written = row ?? new Map<number, number>();
    for (const { number } of chosen) written.set(number, small);
    this.#model.set(key, written);
  }

  async #compare(store: SqliteAdapter, { fields, entity }: Version, who: string): Promise<void> {
    for (const [key, row] of this.#model) {
      const keys = [{ entity, key: [key] }];
      const [outcome] = await store.read({ keys, fields: undefined, consistency: undefined }, anyCall());
      for (const { number, name, kind } of fields) {
        const ordinal = entity.fields.findIndex((field) => field.number === number);
        const found = outcome?.status === "found" ? outcome.record[ordinal] : undefined;
        const small = row.get(number);
        const expected = small === undefined ? undefined : valueOf(kind, small);
        if (found !== expected)
          this.#say(who, `${key}.${name} (${number}, ${kind}) is otherwise than what was written`);
      }
    }
  }

  /** Added, removed, renamed, widened, turned in order, or a number that comes back. */
  #changed(fields: readonly Declared[]): readonly Declared[] {
    const at = this.#pick(fields.length);
    switch (this.#pick(5)) {
      case 0:
        return [...fields, this.#fresh()];
      case 1:
        return fields.length < 2 ? [...fields, this.#fresh()] : fields.filter((_, i) => i !== at);
      case 2:
        return fields.map((field, i) => (i === at ? { ...field, name: `r${this.#pick(1_000_000)}` } : field));
      case 3:
        return fields.map((field, i) => (i === at ? { ...field, kind: WIDER[field.kind] ?? field.kind } : field));
      default: {
        const name = fields[at]?.name ?? "n";
        const renamed = fields.map((field, i) => (i === at ? { ...field, name: `s${this.#pick(1_000_000)}` } : field));
        return [...renamed, { ...this.#fresh(), name }]; // the name goes to another number
      }
    }
  }

  #fresh(): Declared {
    const kinds: readonly Kind[] = ["int32", "string", "d2"];
    const number = this.#number++;
    return { number, name: `f${number}`, kind: kinds[this.#pick(kinds.length)] ?? "string" };
  }

  #pick(most: number): number {
    return Math.floor(this.#random() * most);
  }

  #say(where: string, what: string): void {
    this.wrong.push(`seed ${this.#seed}: ${where}: ${what}`);
  }
}

async function main(): Promise<number> {
  const seeds = Number(argv[2] ?? 300);
  const first = Number(argv[3] ?? 1);
  let lost = 0;
  for (let seed = first; seed < first + seeds; seed += 1) {
    const wrong = await history(seed);
    lost += wrong.length;
    for (const line of wrong) stdout.write(`${line}\n`);
  }
  stdout.write(`${seeds} histories of 12 changes from seed ${first}: ${lost} differences\n`);
  return lost === 0 ? 0 : 1;
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) exit(await main());
