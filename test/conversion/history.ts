/**
 * One random history: schema changes over live rows, each by a start or by steps that are interrupted, killed or given up, with
 * processes of the version before beside it. A model by field number says what every version must read.
 */

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { contractDigest, contractText } from "../../src/migration/contract-text.ts";
import { contractOf, fieldByNumber, type Contract } from "../../src/migration/contract.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import type { FieldType } from "../../src/model/field.ts";
import { keyOf } from "../../src/model/key.ts";
import type { Value } from "../../src/model/value.ts";
import { createOf, NOW, putOf, recordWith, temporaryDirectory, updateOf } from "../unit/adapter/sqlite/store.ts";
import { become, isPossible, isZero, meaningsOf, reads, fits, simpleKinds, typeOf, valueOf, written, zeroOf, type Declared, type Kind, type Meaning } from "./kinds.ts"; // prettier-ignore
import { Process } from "./process.ts";
import { randomFrom, type Random } from "./random.ts";
import { changed, freshField, versionOf, type Numbers, type Version } from "./version.ts";

/** What a row holds, by number; absent, and zero where the store knows no absence, have no entry. */
type Row = Map<number, Meaning>;

export interface HistoryOptions {
  readonly changes?: number;
  /** Share of the changes whose process is killed with SIGKILL in the middle. */
  readonly kills?: number;
}

export interface HistoryReport {
  /** What was otherwise than the model says; empty where nothing was. */
  readonly wrong: readonly string[];
  readonly counts: { readonly [what: string]: number };
}

export async function history(seed: number, { changes = 12, kills = 0 }: HistoryOptions = {}): Promise<HistoryReport> {
  const run = new History(seed, kills);
  for (let change = 0; change <= changes && run.wrong.length === 0; change += 1) await run.change(change);
  return run;
}

class History implements HistoryReport {
  readonly wrong: string[] = [];
  readonly counts: { [what: string]: number } = {};
  readonly #seed: number;
  readonly #kills: number;
  readonly #random: Random;
  readonly #dataDir = temporaryDirectory();
  readonly #rows = new Map<string, Row>();
  readonly #keys = Array.from({ length: 14 }, (_, i): readonly [string, bigint] => [`k${i % 7}`, BigInt(i)]);
  readonly #numbers: Numbers = { next: 1, given: new Map() };
  #versions: readonly Version[];
  #contract: Contract | undefined;

  constructor(seed: number, kills: number) {
    this.#seed = seed;
    this.#kills = kills;
    this.#random = randomFrom(seed);
    const fields = [freshField(this.#random, this.#numbers), freshField(this.#random, this.#numbers)];
    this.#versions = [versionOf({ fields, indexes: [], isTurned: false })];
  }

  async change(at: number): Promise<void> {
    const before = this.#newest();
    const next = at === 0 ? before : this.#next(before);
    const beside = at > 0 ? this.#process(before) : undefined;
    const isBack = this.#versions.some(({ entity }) => digestOf(entity) === digestOf(next.entity));
    const why = isBack ? undefined : this.#misfit(next);
    const written = this.counts["writes"];
    const isInForce = await this.#migrate(next, before, beside);
    const now = isInForce ? next : before;
    if (isInForce) {
      this.#count("changes in force");
      if (why !== undefined && written === this.counts["writes"]) this.#say(`change ${at}`, `in force, though ${why}`);
      this.#versions = [...this.#versions, next];
      for (const declared of next.fields) this.#numbers.given.set(declared.number, declared);
    } else this.#count("changes refused");
    const newest = this.#process(now);
    this.#compare(newest, now, `change ${at}`, true);
    for (let i = 0; i < 6; i += 1) this.#write(newest, now, `change ${at}`, true);
    for (const older of [beside, this.#process(before)]) {
      if (!older) continue;
      older.look();
      if (older.drift().length === 0) {
        this.#count("older processes that went on");
        for (let i = 0; i < 3; i += 1) this.#write(older, before, `the version before change ${at}`, false);
        this.#compare(older, before, `the version before change ${at}`, false);
      } else this.#count("older processes that said why not");
      older.close();
    }
    newest.look();
    this.#compare(newest, now, `change ${at}, after the version before it`, true);
    newest.close();
    this.#columns(`change ${at}`);
  }

  #next(before: Version): Version {
    if (this.#versions.length > 1 && this.#random.chance(0.12)) {
      this.#count("rolled back");
      return this.#versions.at(-2) ?? before;
    }
    return changed(this.#random, before, this.#numbers);
  }

  #newest(): Version {
    const version = this.#versions.at(-1);
    if (!version) throw new Error("no version");
    return version;
  }

  #process({ entity }: Version, tables: "auto" | "off" = "auto"): Process {
    const process = new Process(this.#dataDir, entity, tables);
    this.#settle(process);
    return process;
  }

  /** Whether the version is in force afterwards. */
  async #migrate(next: Version, before: Version, beside: Process | undefined): Promise<boolean> {
    if (this.#random.chance(0.5) || !this.#contract) {
      const started = this.#process(next);
      const isServed = started.drift().length === 0;
      started.close();
      if (isServed) {
        this.#count("by a start");
        return true;
      }
    }
    const { text: untouched } = this.#schema();
    const accept = this.#accepted(next);
    if (this.#random.chance(this.#kills)) await this.#killed(next, accept);
    for (;;) {
      const process = this.#process(next, "off");
      const progress = process.convert(accept, 1 + this.#random.below(6));
      this.#settle(process);
      process.close();
      if (progress.status === "done") return true;
      if (this.#isFor(next) && this.#random.chance(0.2)) {
        this.#count("left before the old table was removed");
        return true;
      }
      if (progress.status === "refused") {
        const why = this.#misfit(next);
        if (why === undefined) this.#say("refused", progress.why.join("; "));
        if (this.#schema().text !== untouched) this.#say("refused", "but something was changed");
        return false;
      }
      this.#count("steps");
      if (beside && this.#random.chance(0.5)) this.#meanwhile(beside, before);
      if (this.#random.chance(0.04)) this.#givenUp(before);
    }
  }

  /** Whether the contract was last written for the version. */
  #isFor({ entity }: Version): boolean {
    const look = new DatabaseSync(join(this.#dataDir, "test.db"));
    const newest = look.prepare("SELECT digest FROM _pannier_contracts ORDER BY revision DESC LIMIT 1").get();
    look.close();
    return newest?.["digest"] === digestOf(entity);
  }

  /** What has to be asked for by name is asked for, and sometimes what need not be. */
  #accepted(next: Version): readonly string[] {
    const process = this.#process(next, "off");
    const { steps } = process.plan().plan;
    process.close();
    return steps.flatMap(({ accept, blocks }) =>
      accept !== undefined && (blocks || this.#random.chance(0.2)) ? [accept] : [],
    );
  }

  #meanwhile(beside: Process, version: Version): void {
    this.#count("writes beside a conversion");
    if (this.#random.chance(0.3)) beside.look();
    this.#write(beside, version, "beside a conversion", false);
  }

  /** The version before wants its form back while the conversion is under way. */
  #givenUp(before: Version): void {
    this.#count("given up");
    const process = this.#process(before, "off");
    process.convert([], 3);
    this.#settle(process);
    process.close();
  }

  /** By a process of its own, which is killed where it happens to be. */
  async #killed({ entity }: Version, accept: readonly string[]): Promise<void> {
    const file = join(this.#dataDir, "apply.json");
    writeFileSync(file, JSON.stringify({ contract: contractText(contractOf(entity)), accept, rows: 1 }));
    const child = spawn(execPath, [fileURLToPath(new URL("apply.ts", import.meta.url)), this.#dataDir, file], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const lines = this.#random.below(12);
    let seen = 0;
    child.stdout.on("data", (text: Buffer) => {
      seen += text.toString().split("\n").length - 1;
      if (seen >= lines) child.kill("SIGKILL");
    });
    const signal = await new Promise<string | null>((resolve) => child.on("exit", (_, name) => resolve(name)));
    this.#count(signal === "SIGKILL" ? "killed" : "done before it was killed");
    this.#process(this.#newest(), "off").close(); // sees what the contract is now
  }

  /** The model follows what the contract says has become of the rows. */
  #settle(process: Process): void {
    const before = this.#contract;
    const after = process.contract();
    this.#contract = after;
    if (!before || !after || contractText(before) === contractText(after)) return;
    for (const stored of before.fields) {
      const now = fieldByNumber(after, stored.number);
      for (const row of this.#rows.values()) {
        const meaning = row.get(stored.number);
        if (!now) row.delete(stored.number);
        else put(row, stored.number, carried(declaredOf(stored), declaredOf(now), meaning));
      }
    }
  }

  /** Why a version cannot be brought into force; undefined where it can. */
  #misfit({ fields, indexes, entity }: Version): string | undefined {
    for (const field of fields) {
      const stored = this.#contract && fieldByNumber(this.#contract, field.number);
      if (!stored) continue;
      const from = declaredOf(stored);
      if (!isPossible(from.kind, field.kind)) return `${from.kind} is never ${field.kind}`;
      for (const part of field.parts) {
        const earlier = from.parts.find(({ number }) => number === part.number);
        if (earlier && !isPossible(earlier.kind, part.kind)) return `${earlier.kind} is never ${part.kind}`;
      }
      for (const row of this.#rows.values()) {
        const isFilled = !from.presence && from.kind !== "strings" && from.kind !== field.kind;
        const meaning = row.get(field.number) ?? (isFilled ? zeroOf(from.kind) : undefined);
        if (meaning !== undefined && !isRoomFor(from, field, meaning)) return `a value of ${field.name} does not fit`;
      }
    }
    for (const { numbers, unique } of indexes) {
      const [number = 0] = numbers;
      const field = fields.find((found) => found.number === number);
      if (unique && field && this.#hasEqual(number, field)) return `equal values of ${entity.name}.${field.name}`;
    }
    return undefined;
  }

  #hasEqual(number: number, { presence, kind }: Pick<Declared, "presence" | "kind">): boolean {
    const values = [...this.#rows.values()]
      .map((row) => row.get(number) ?? (presence ? undefined : zeroOf(kind)))
      .filter((meaning) => meaning !== undefined);
    return new Set(values).size < values.length;
  }

  #write(process: Process, version: Version, who: string, mustApply: boolean): void {
    const { entity, fields } = version;
    const key = this.#random.one(this.#keys);
    const name = key.join("/");
    const row = this.#rows.get(name);
    const chosen = new Map<number, Meaning | undefined>();
    for (const field of fields) if (this.#random.chance(0.6)) chosen.set(field.number, this.#meaning(field));
    const values: { [name: string]: Value | undefined } = { id: key[0], part: key[1] };
    for (const field of fields) {
      if (!chosen.has(field.number)) continue;
      const meaning = chosen.get(field.number);
      values[field.name] = meaning === undefined ? undefined : valueOf(field, meaning);
    }
    const kind = this.#random.one(["update", "update", "put", "delete"] as const);
    const record = recordWith(entity, values);
    const isUpdate = kind === "update" && row !== undefined;
    const mutation =
      kind === "delete"
        ? { kind: "delete" as const, entity, key: keyOf(entity, record), now: NOW, soft: false, allowMissing: true }
        : isUpdate
          ? updateOf(entity, values)
          : kind === "put"
            ? putOf(entity, record)
            : createOf(entity, record);
    const next = kind === "delete" ? undefined : this.#written(version, row, chosen, isUpdate);
    const isTaken = next !== undefined && this.#violates(name, next);
    const isUnread = row !== undefined && fields.some((field) => !isReadable(field, row.get(field.number)));
    const outcome = process.write(mutation, this.#random.chance(0.5));
    if (outcome.status !== "applied") {
      const isExpected = isTaken || isUnread || !mustApply;
      if (!isExpected) this.#say(who, `${kind} of ${name}: ${outcome.status} ${textOfFailure(outcome)}`);
      return;
    }
    this.#count("writes");
    if (isTaken) this.#say(who, `${kind} of ${name} made equal values in a unique index`);
    if (next) this.#rows.set(name, next);
    else this.#rows.delete(name);
  }

  #meaning(field: Declared): Meaning | undefined {
    if (field.presence && this.#random.chance(0.15)) return undefined;
    if (field.kind === "strings") return ["x", "y", ""].slice(0, this.#random.below(4));
    if (field.kind !== "box") return this.#random.one(meaningsOf(field.kind));
    const members = field.parts.filter(() => this.#random.chance(0.7));
    return new Map(members.map(({ number, kind }) => [number, this.#random.one(meaningsOf(kind))]));
  }

  /** The row as it is after a write. */
  #written({ fields }: Version, row: Row | undefined, chosen: ReadonlyMap<number, Meaning | undefined>, isUpdate: boolean): Row {
    const next: Row = new Map(row);
    for (const field of fields) {
      if (isUpdate && !chosen.has(field.number)) continue;
      const stored = this.#contract && fieldByNumber(this.#contract, field.number);
      const wanted = chosen.get(field.number) ?? (field.presence ? undefined : zeroOf(field.kind));
      // A version that knows no absence reads absent as zero, and a zero it then writes is no change.
      const isKept = row !== undefined && !field.presence && row.get(field.number) === undefined;
      const isNothing = wanted === undefined || (isZero(wanted) && (isKept || stored?.presence === false));
      put(next, field.number, isNothing ? undefined : wanted);
    }
    return next;
  } // prettier-ignore

  /** By the unique indexes that the store has. */
  #violates(name: string, next: Row): boolean {
    return (this.#contract?.indexes ?? []).some(({ unique, parts: [part] }) => {
      const stored = this.#contract && part && fieldByNumber(this.#contract, part.number);
      if (!unique || !stored) return false;
      const valueIn = (row: Row): unknown => row.get(stored.number) ?? (stored.presence ? undefined : zeroOf(declaredOf(stored).kind)); // prettier-ignore
      const value = valueIn(next);
      return value !== undefined && [...this.#rows].some(([other, row]) => other !== name && valueIn(row) === value);
    });
  }

  #compare(process: Process, { fields, entity }: Version, who: string, mustServe: boolean): void {
    const drift = process.drift();
    if (drift.length > 0) {
      if (mustServe) this.#say(who, `not served: ${drift.join("; ")}`);
      return;
    }
    for (const key of this.#keys) {
      const name = key.join("/");
      const row = this.#rows.get(name);
      const outcome = process.read(key);
      if (outcome.status === "failed") {
        const isExpected = row !== undefined && fields.some((field) => !isReadable(field, row.get(field.number)));
        if (isExpected) this.#count("rows that an older version had no room for");
        else this.#say(who, `${name} cannot be read: ${textOfFailure(outcome)}`);
        continue;
      }
      if ((outcome.status === "found") !== (row !== undefined)) this.#say(who, `${name} is ${outcome.status}`);
      if (outcome.status !== "found" || !row) continue;
      for (const field of fields) {
        const ordinal = entity.fields.findIndex(({ number }) => number === field.number);
        const meaning = row.get(field.number) ?? (field.presence ? undefined : zeroOf(field.kind));
        const expected = meaning === undefined ? undefined : valueOf(field, meaning);
        const found = outcome.record[ordinal];
        this.#count("values compared");
        if (written(found) !== written(expected)) {
          this.#say(who, `${name}.${field.name} (${field.number}, ${field.kind}${field.presence ? ", optional" : ""}) is ${written(found)}, was written as ${written(expected)}`);
        }
      }
    }
  } // prettier-ignore

  /** One column for each number, and none besides. */
  #columns(who: string): void {
    const { columns } = this.#schema();
    const expected = (this.#contract?.fields ?? []).map(({ column }) => column).toSorted();
    if (columns.join() !== expected.join()) this.#say(who, `columns ${columns.join()} where the contract has ${expected.join()}`); // prettier-ignore
  }

  #schema(): { readonly text: string; readonly columns: readonly string[] } {
    const look = new DatabaseSync(join(this.#dataDir, "test.db"));
    const text = JSON.stringify([look.prepare("SELECT sql FROM sqlite_schema WHERE tbl_name NOT LIKE '_pannier_old%' ORDER BY name").all(), look.prepare("SELECT entity, revision, contract FROM _pannier_contracts").all(), look.prepare("SELECT * FROM _pannier_conversions WHERE state NOT LIKE '%\"clean\"%'").all()]); // prettier-ignore
    const columns = look.prepare("SELECT name FROM pragma_table_info('things')").all().map(({ name }) => String(name)).toSorted(); // prettier-ignore
    look.close();
    return { text, columns };
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  #say(where: string, what: string): void {
    this.wrong.push(`seed ${this.#seed}: ${where}: ${what}`);
  }
}

/** Versions that declare the same are one, as stores see them. */
function digestOf(entity: EntityModel): string {
  return contractDigest(contractOf(entity));
}

function put(row: Row, number: number, meaning: Meaning | undefined): void {
  if (meaning === undefined) row.delete(number);
  else row.set(number, meaning);
}

const KINDS: ReadonlyMap<string, Kind> = new Map([...simpleKinds, "strings" as const].map((kind) => [typeKey(typeOf({ kind, number: 0, name: "", presence: false, parts: [] })), kind])); // prettier-ignore

function typeKey(type: FieldType): string {
  if (type.kind === "decimal") return `decimal ${type.precision} ${type.scale}`;
  return type.kind === "list" ? `list ${type.element.kind}` : type.kind;
}

/** A field of a contract as a history declares it. */
function declaredOf({ number, name, type, presence }: { readonly number: number; readonly name: string; readonly type: FieldType; readonly presence: boolean }): Declared {
  if (type.kind !== "message") return { number, name, kind: KINDS.get(typeKey(type)) ?? "string", presence, parts: [] };
  const parts = type.message.fields.map((part) => {
    const kind = simpleKinds.find((simple) => simple === KINDS.get(typeKey(part.type)));
    return { number: part.number, name: part.name, kind: kind ?? ("string" as const) };
  });
  return { number, name, kind: "box", presence, parts };
} // prettier-ignore

/** What a meaning is after a change of its field. */
function carried(from: Declared, to: Declared, meaning: Meaning | undefined): Meaning | undefined {
  const isFilled = !from.presence && to.presence && from.kind !== "strings";
  const value = meaning ?? (isFilled ? zeroOf(from.kind) : undefined);
  if (value === undefined) return undefined;
  if (value instanceof Map) return new Map(Array.from(value, ([number, member]) => [number, memberOf(from, to, number, member)]));
  const single: Meaning = Array.isArray(value) && to.kind !== "strings" ? String(value[0]) : value;
  const now = typeof single === "object" ? single : become(from.kind, to.kind, single);
  const wrapped = to.kind === "strings" && typeof now === "string" ? [now] : now;
  return !to.presence && isZero(wrapped) ? undefined : wrapped;
} // prettier-ignore

function memberOf(from: Declared, to: Declared, number: number, meaning: bigint | string): bigint | string {
  const kindIn = ({ parts }: Declared): Kind | undefined => parts.find((part) => part.number === number)?.kind;
  const [before, now] = [kindIn(from), kindIn(to)];
  return before && now ? become(before, now, meaning) : meaning;
}

function isRoomFor(from: Declared, to: Declared, meaning: Meaning): boolean {
  if (Array.isArray(meaning))
    return to.kind === "strings" || (meaning.length === 1 && fits(to.kind, String(meaning[0])));
  if (!(meaning instanceof Map)) return fits(to.kind, meaning);
  return to.parts.every(({ number, kind }) => {
    const member = meaning.get(number);
    return member === undefined || fits(kind, member) || !from.parts.some((part) => part.number === number);
  });
}

function isReadable({ kind }: Declared, meaning: Meaning | undefined): boolean {
  return meaning === undefined || reads(kind, meaning);
}

function textOfFailure(outcome: object): string {
  const error: unknown = "error" in outcome ? outcome.error : undefined;
  return error instanceof Error ? `${error.name} ${error.message}` : "";
}
