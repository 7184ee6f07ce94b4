/** Starts the process that measures one storey, and takes what it tells. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { StoreyResult, StoreyTask } from "./measure-storey.ts";

/** @param profiles directory for one of its own, with a .cpuprofile of each thread, and for its server's */
export async function runStorey(task: StoreyTask, profiles: string | undefined): Promise<StoreyResult> {
  const execArgv = profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${join(profiles, task.name)}`];
  const child = fork(fileURLToPath(new URL("./measure-storey.ts", import.meta.url)), [JSON.stringify(task)], {
    execArgv,
  });
  const closed = once(child, "close");
  let result: StoreyResult | undefined;
  child.on("message", (message) => (result = message as StoreyResult)); // as measure-storey.ts sends it
  const [code] = await closed;
  if (!result) throw new Error(`the storey ${task.name} ended with ${String(code)} and told nothing`);
  return result;
}
