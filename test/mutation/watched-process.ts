/** A process that is given orders, with what it starts, and killed when it works on one for too long. */

import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";

export interface Patience {
  /** Seconds of work. A busy machine is no reason to give up, so this is the bound that decides. */
  readonly cpu: number;
  /** Seconds that pass. */
  readonly time: number;
}

/** Why there is no report: it ended or worked for too long, which a mutant did; or the time was over, which says nothing. */
export type NoReport = "ended" | "late";

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) killGroup(child);
});
process.on("SIGTERM", () => process.exit(143));

export class WatchedProcess<Order extends object, Report> {
  readonly #child: ChildProcess;
  readonly #patience: Patience;

  private constructor(child: ChildProcess, patience: Patience) {
    this.#child = child;
    this.#patience = patience;
    running.add(child);
    child.once("exit", () => running.delete(child));
  }

  /** @returns undefined where it ends before it says that it is ready */
  static async start<Order extends object, Report>(
    path: string,
    options: {
      readonly execArgv: readonly string[];
      readonly env: { readonly [name: string]: string };
      readonly patience: Patience;
    },
  ): Promise<WatchedProcess<Order, Report> | undefined> {
    const child = fork(path, [], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      // A group of its own, so that what it starts is counted and killed with it.
      detached: true,
      execArgv: [...options.execArgv],
      env: { ...process.env, ...options.env },
    });
    const started = new WatchedProcess<Order, Report>(child, options.patience);
    return (await answerOf(child)) === undefined ? undefined : started;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async ask(order: Order): Promise<Report | NoReport> {
    const child = this.#child;
    const started = performance.now();
    const before = await cpuOfGroup(child);
    let isLate = false;
    const look = async (): Promise<void> => {
      const isOverworked = (await cpuOfGroup(child)) - before > this.#patience.cpu;
      isLate = !isOverworked && performance.now() - started > this.#patience.time * 1_000;
      if (isOverworked || isLate) killGroup(child);
    };
    const watch = setInterval(() => void look(), 1_000);
    const answer = answerOf(child);
    child.send(order);
    const report = (await answer) as Report | undefined; // what our own process sends
    clearInterval(watch);
    return report ?? (isLate ? "late" : "ended");
  }

  end(): void {
    killGroup(this.#child);
  }
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

/** The next message; undefined where the process ends instead. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController();
  const end = (): void => gone.abort();
  child.once("exit", end);
  const answer = await once(child, "message", { signal: gone.signal }).then(
    ([report]: unknown[]) => report,
    () => undefined,
  );
  child.off("exit", end);
  return answer;
}

/** Seconds that a process and those of its group have worked, and what they waited for. 0 where the system does not say. */
async function cpuOfGroup({ pid }: ChildProcess): Promise<number> {
  let ticks = 0;
  for (const name of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/u.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // proc(5): from the state on
    if (Number(fields[2]) !== pid) continue;
    for (const field of fields.slice(11, 15)) ticks += Number(field); // utime, stime, and those of children that have ended
  }
  return ticks / 100;
}
