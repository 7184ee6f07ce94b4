/** Runs clauses under a mutant, in a process that may be killed when it hangs. Started by `clause-workers.ts`. */

import type * as Stores from "../conformance/stores.ts";
import { unmet, type Clause } from "../conformance/clause.ts";
import { clauses } from "../conformance/clauses/all.ts";
import { mutation } from "./active.ts";

/** Clauses by number, on a store by name. */
export interface Run {
  readonly store: string;
  readonly clauses: readonly number[];
}

export type Order =
  | { readonly kind: "cover"; readonly store: string }
  /** Without clauses: all of them. */
  | { readonly kind: "try"; readonly mutant: number; readonly runs: readonly Run[] };

export type Report =
  | { readonly kind: "ready" }
  /** By clause, the places it passed. */
  | { readonly kind: "covered"; readonly passed: readonly (readonly [clause: number, places: readonly number[]])[] }
  /** Which clause failed, on which store; undefined where none did. */
  | { readonly kind: "tried"; readonly killer: string | undefined };

/** A clause hangs that has so often been met with nothing to do, a second apart: a process that waits for its turn is not met. */
const IDLE_LOOKS = 60;

/** Microseconds of work between two looks, at the most, of one that has nothing to do. */
const IDLE = 20_000;

/** So many clauses meet the same entities when it is found out what they pass, and what was compiled for them. */
const TOGETHER = 12;

const send = (report: Report): void => void process.send?.(report);
process.on("disconnect", () => process.exit(0));
process.on("unhandledRejection", () => {}); // a mutant's, whose clause has failed or will not
process.on("uncaughtException", () => {});

let copies = 0;

/** With entities of its own, so that nothing compiled for them under another mutant is met again. */
async function open(name: string): Promise<Awaited<ReturnType<Stores.OpenSubject["open"]>>> {
  const { stores } = (await import(`../conformance/stores.ts?copy=${copies++}`)) as typeof Stores; // the same file
  const store = stores.find((each) => each.name === name);
  if (!store) throw new TypeError(`there is no store ${name}`);
  return store.open();
}

process.on("message", (order: Order) => void obey(order));
send({ kind: "ready" });

async function obey(order: Order): Promise<void> {
  if (order.kind === "cover") {
    send({ kind: "covered", passed: await cover(order.store) });
    return;
  }
  mutation.active = order.mutant;
  const killer = await killerOf(order.runs).catch((error: unknown) => `it cannot be opened: ${String(error)}`);
  mutation.active = -1;
  send({ kind: "tried", killer });
}

async function cover(store: string): Promise<[number, number[]][]> {
  const found: [number, number[]][] = [];
  for (let from = 0; from < clauses.length; from += TOGETHER) {
    const opening = new Set<number>();
    mutation.passed = opening;
    const { subject, close } = await open(store);
    const covered: [number, Set<number>][] = [];
    for (const [i, clause] of clauses.slice(from, from + TOGETHER).entries()) {
      if (unmet(clause, subject.capabilities).length > 0) continue;
      const passed = new Set<number>();
      mutation.passed = passed;
      if (await holds(clause, subject)) covered.push([from + i, passed]);
    }
    mutation.passed = undefined;
    await close();
    // What is compiled for the first may be noticed by another.
    const first = [...opening, ...(covered[0]?.[1] ?? [])];
    for (const [clause, passed] of covered) found.push([clause, [...new Set([...first, ...passed])]]);
  }
  return found;
}

async function killerOf(runs: readonly Run[]): Promise<string | undefined> {
  for (const { store, clauses: numbers } of runs) {
    const opened = await open(store);
    try {
      for (const number of numbers.length > 0 ? numbers : clauses.keys()) {
        const clause = clauses[number];
        if (!clause || unmet(clause, opened.subject.capabilities).length > 0) continue;
        if (!(await holds(clause, opened.subject))) return `${store}: ${clause.name}`;
      }
    } finally {
      await opened.close().catch(() => {});
    }
  }
  return undefined;
}

async function holds(clause: Clause, subject: Parameters<Clause["run"]>[0]): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  let idle = 0;
  let before = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    if (user + system < IDLE) idle += 1;
    if (idle >= IDLE_LOOKS) resolve(false);
  }, 1_000);
  const held = clause.run(subject).then(
    () => true,
    () => false,
  );
  return Promise.race([held, late]).finally(() => clearInterval(timer));
}
