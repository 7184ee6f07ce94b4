/** Starts the process that measures one stage, and takes what it tells. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { StageResult, StageTask } from "./measure-stage.ts";

/** @param profiles directory for one of its own, with a .cpuprofile of each thread, and for its server's */
export async function runStage(task: StageTask, profiles: string | undefined): Promise<StageResult> {
  const execArgv = profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${join(profiles, task.name)}`];
  const child = fork(fileURLToPath(new URL("./measure-stage.ts", import.meta.url)), [JSON.stringify(task)], {
    execArgv,
  });
  const closed = once(child, "close");
  let result: StageResult | undefined;
  child.on("message", (message) => (result = message as StageResult)); // as measure-stage.ts sends it
  const [code] = await closed;
  if (!result) throw new Error(`the stage ${task.name} ended with ${String(code)} and told nothing`);
  return result;
}
