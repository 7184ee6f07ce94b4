/** Processes that run clauses under mutants, replaced when one hangs or has lived long. */

import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Order, Report, Run } from "./clause-process.ts";

/** Seconds of CPU that a mutant has for all its clauses, and of time. */
const PATIENCE = { cpu: 40, time: 400 };

/** After so many mutants a process is replaced: every one leaves entities behind. */
const LIFE = 60;

/** By place, the clauses that pass it. */
export type Coverage = ReadonlyMap<number, readonly number[]>;

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export class ClauseWorker {
  readonly #mutated: string;
  #child: ChildProcess | undefined;
  #tried = 0;

  /** @param mutated a file with the mutated texts by path */
  constructor(mutated: string) {
    this.#mutated = mutated;
  }

  async coverageOf(store: string): Promise<Coverage> {
    const report = await this.#ask(await this.#started(), { kind: "cover", store });
    if (report?.kind !== "covered") throw new Error(`the clauses on ${store} end the process without a mutant`);
    const places = new Map<number, number[]>();
    for (const [clause, passed] of report.passed)
      for (const place of passed) places.set(place, [...(places.get(place) ?? []), clause]);
    return places;
  }

  /** What noticed the mutant; undefined where nothing did. */
  async tryMutant(mutant: number, runs: readonly Run[]): Promise<string | undefined> {
    if (this.#tried++ % LIFE === LIFE - 1) this.end();
    const report = await this.#ask(await this.#started(), { kind: "try", mutant, runs });
    return report?.kind === "tried" ? report.killer : "it hangs or ends the process";
  }

  /** In a process that loads the modules under it. */
  async tryLoaded(mutant: number, runs: readonly Run[]): Promise<string | undefined> {
    const child = await this.#start({ MUTANT: String(mutant) });
    const report = child && (await this.#ask(child, { kind: "try", mutant, runs }));
    child?.kill("SIGKILL");
    return report?.kind === "tried" ? report.killer : "it hangs or ends the process";
  }

  end(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }

  async #started(): Promise<ChildProcess> {
    if (this.#child?.exitCode !== null || this.#child.signalCode !== null) this.#child = await this.#start({});
    if (!this.#child) throw new Error("the clauses cannot be loaded without a mutant");
    return this.#child;
  }

  /** Undefined where it ends before it is ready. */
  async #start(env: { readonly [name: string]: string }): Promise<ChildProcess | undefined> {
    const child = fork(here("clause-process.ts"), [], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      execArgv: ["--no-warnings", "--import", here("load-hook.ts")],
      env: { ...process.env, ...env, MUTATED: this.#mutated },
    });
    return (await answerOf(child)) ? child : undefined;
  }

  async #ask(child: ChildProcess, order: Order): Promise<Report | undefined> {
    const started = performance.now();
    const before = await cpuOf(child);
    const look = async (): Promise<void> => {
      const isLate = performance.now() - started > PATIENCE.time * 1_000;
      if (isLate || (await cpuOf(child)) - before > PATIENCE.cpu) child.kill("SIGKILL");
    };
    const watch = setInterval(() => void look(), 1_000);
    const answer = answerOf(child);
    child.send(order);
    const report = await answer;
    clearInterval(watch);
    return report;
  }
}

/** The next message; undefined where the process ends instead. */
async function answerOf(child: ChildProcess): Promise<Report | undefined> {
  const gone = new AbortController();
  const end = (): void => gone.abort();
  child.once("exit", end);
  const answer = await once(child, "message", { signal: gone.signal }).then(
    ([report]: Report[]) => report,
    () => undefined,
  );
  child.off("exit", end);
  return answer;
}

/** Seconds that a process has worked: a busy machine is no reason to give up. 0 where the system does not say. */
async function cpuOf({ pid }: ChildProcess): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // proc(5): utime and stime, in ticks of 10 ms
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}
