/**
 * This process's number in Snowflake ids, held by a lightweight transaction and renewed. A holder writes down to which moment it will use the number,
 * and the next one begins behind that: so no two ids of one number have one time, whatever clocks show and however long a process stood still.
 */

import { randomInt, randomUUID } from "node:crypto";
import { createCall, type Call } from "../../../model/call.ts";
import type { Clock } from "../../../model/clock.ts";
import { Fault } from "../../../model/fault.ts";
import type { NodeNumbers, NodeSpan } from "../../numbers.ts";
import { quote } from "../../sql/quote.ts";
import { writeLevels, type Levels } from "./consistency.ts";
import type { CqlValue } from "./driver.ts";
import type { Session } from "./session.ts";
import { APPLIED } from "../writing/writer.ts";

const TABLE = "pannier_nodes";
const NUMBERS = 1_024;

/** Milliseconds that a number is promised for, and after which the promise is renewed. */
const SPAN = 60_000;
const RENEWAL = 15_000;

/** Milliseconds that taking or renewing may take. */
const PATIENCE = 10_000;

export interface NodeLeaseOptions {
  readonly session: Session;
  readonly keyspace: string;
  readonly levels: () => Levels;
  readonly clock: Clock;
}

interface StoredNode {
  readonly number: number;
  readonly holder: CqlValue;
  readonly high: CqlValue;
}

export class NodeLease implements NodeNumbers {
  readonly #options: NodeLeaseOptions;
  readonly #holder: string = randomUUID();
  readonly #table: string;
  #span: NodeSpan | undefined;
  #busy: Promise<void> | undefined;

  constructor(options: NodeLeaseOptions) {
    this.#options = options;
    this.#table = `${quote(options.keyspace)}.${TABLE}`;
  }

  /** Text that makes the table where it is missing. */
  get createText(): string {
    return `CREATE TABLE IF NOT EXISTS ${this.#table} (number int PRIMARY KEY, holder text, high bigint)`;
  }

  current(): NodeSpan {
    if (this.#span) return this.#span;
    throw new Fault("STORE_UNAVAILABLE", "the store has not given this process a node number yet; ask again", {
      retryAfter: 1_000,
    });
  }

  /** Takes a number, or renews the one it has where that is due: at every look at the store. Resolves also where that fails. */
  keep(): Promise<void> {
    this.#busy ??= this.#keepNow().finally(() => (this.#busy = undefined));
    return this.#busy;
  }

  async #keepNow(): Promise<void> {
    const control = createCall({ timeout: PATIENCE, requestId: "node" });
    try {
      if (!this.#span || !(await this.#renew(this.#span, control.call))) this.#span = await this.#take(control.call);
    } catch {
      // What it has is good until its own end.
    } finally {
      control.finish();
    }
  }

  /** False where somebody took it over, who thought that its time was over. */
  async #renew(span: NodeSpan, call: Call): Promise<boolean> {
    const now = this.#now();
    if (span.until - now > SPAN - RENEWAL) return true;
    const stored = { number: span.number, holder: this.#holder, high: BigInt(span.until) };
    const found = await this.#write(stored, now + SPAN, call);
    // A renewal whose answer was lost is a renewal.
    const until = found === undefined ? now + SPAN : found.holder === this.#holder ? Number(found.high) : undefined;
    this.#span = until === undefined ? undefined : { ...span, until };
    return this.#span !== undefined;
  }

  /** Numbers that nobody had yet go first, from anywhere; then those whose time is over. */
  async #take(call: Call): Promise<NodeSpan> {
    const now = this.#now();
    const known = new Map((await this.#read(call)).map((node) => [node.number, node]));
    const first = randomInt(NUMBERS);
    const all = Array.from({ length: NUMBERS }, (_, i) => (first + i) % NUMBERS);
    const unused = all.filter((number) => !known.has(number));
    const over = all.filter((number) => Number(known.get(number)?.high ?? Infinity) < now);
    for (const number of [...unused, ...over].slice(0, 8)) {
      const stored = known.get(number) ?? { number, holder: null, high: null };
      const after = stored.high === null ? now : Number(stored.high);
      const until = Math.max(after, now) + SPAN;
      if ((await this.#write(stored, until, call)) === undefined) return { number, after, until };
    }
    throw new Fault("STORE_UNAVAILABLE", "every node number is held by another process");
  }

  async #read(call: Call): Promise<readonly StoredNode[]> {
    const { session, levels } = this.#options;
    const { commit: consistency } = writeLevels("quorum", levels());
    const text = `SELECT number, holder, high FROM ${this.#table}`;
    const { rows } = await session.run({ text, parameters: [], consistency, isRead: true }, call);
    return rows.map(({ number, holder = null, high = null }) => ({ number: Number(number), holder, high }));
  }

  /** Only where it is still as it was read; answers what it is instead, and undefined where it was written. */
  async #write({ number, holder, high }: StoredNode, until: number, call: Call): Promise<StoredNode | undefined> {
    const { session, levels } = this.#options;
    const { commit: consistency, serial } = writeLevels(undefined, levels());
    const text = `UPDATE ${this.#table} SET holder = ?, high = ? WHERE number = ? IF holder = ? AND high = ?`;
    const parameters = [this.#holder, BigInt(until), number, holder, high];
    const { rows } = await session.run({ text, parameters, consistency, serial, isRead: false }, call);
    const [answer] = rows;
    if (answer?.[APPLIED] === true) return undefined;
    return { number, holder: answer?.["holder"] ?? null, high: answer?.["high"] ?? null };
  }

  #now(): number {
    return Number(this.#options.clock.now() / 1_000_000n);
  }
}
