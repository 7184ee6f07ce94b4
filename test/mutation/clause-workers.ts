/** Processes that run clauses under mutants, replaced when one hangs or has lived long. */

import { fileURLToPath } from "node:url";
import type { Order, Report, Run } from "./clause-process.ts";
import { WatchedProcess } from "./watched-process.ts";

/** What a mutant has for all its clauses. */
const PATIENCE = { cpu: 40, time: 400 };

/** After so many mutants a process is replaced: every one leaves entities behind. */
const LIFE = 60;

/** By place, the clauses that pass it. */
export type Coverage = ReadonlyMap<number, readonly number[]>;

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export class ClauseWorker {
  readonly #mutated: string;
  #process: WatchedProcess<Order, Report> | undefined;
  #tried = 0;

  /** @param mutated a file with the mutated texts by path */
  constructor(mutated: string) {
    this.#mutated = mutated;
  }

  async coverageOf(store: string): Promise<Coverage> {
    const report = await (await this.#started()).ask({ kind: "cover", store });
    if (typeof report === "string" || report.kind !== "covered")
      throw new Error(`the clauses on ${store} end the process without a mutant`);
    const places = new Map<number, number[]>();
    for (const [clause, passed] of report.passed)
      for (const place of passed) places.set(place, [...(places.get(place) ?? []), clause]);
    return places;
  }

  /** What noticed the mutant; undefined where nothing did, and where the time was over. */
  async tryMutant(mutant: number, runs: readonly Run[]): Promise<string | undefined> {
    if (this.#tried++ % LIFE === LIFE - 1) this.end();
    return killerIn(await (await this.#started()).ask({ kind: "try", mutant, runs }));
  }

  /** In a process that loads the modules under it. */
  async tryLoaded(mutant: number, runs: readonly Run[]): Promise<string | undefined> {
    const loaded = await this.#start({ MUTANT: String(mutant) });
    const killer = killerIn(loaded ? await loaded.ask({ kind: "try", mutant, runs }) : "ended");
    loaded?.end();
    return killer;
  }

  end(): void {
    this.#process?.end();
    this.#process = undefined;
  }

  async #started(): Promise<WatchedProcess<Order, Report>> {
    if (!this.#process?.isRunning) this.#process = await this.#start({});
    if (!this.#process) throw new Error("the clauses cannot be loaded without a mutant");
    return this.#process;
  }

  #start(env: { readonly [name: string]: string }): Promise<WatchedProcess<Order, Report> | undefined> {
    return WatchedProcess.start(here("clause-process.ts"), {
      execArgv: ["--no-warnings", "--import", here("load-hook.ts")],
      env: { ...env, MUTATED: this.#mutated },
      patience: PATIENCE,
    });
  }
}

function killerIn(report: Report | "ended" | "late"): string | undefined {
  if (report === "ended") return "it hangs or ends the process";
  return report !== "late" && report.kind === "tried" ? report.killer : undefined;
}
