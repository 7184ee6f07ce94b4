/** Starts the process that measures one stage, and takes what it tells. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { StageResult, StageTask } from "./measure-stage.ts";
import { watchSurvivors } from "./survivors.ts";

/** Directories for what is known of the process of a stage, and of its server's, beside figures. */
export interface Looking {
  /** For a .cpuprofile of each thread, in one of its own. */
  readonly profiles?: string | undefined;
  /** For what survives young collections. */
  readonly survivors?: string | undefined;
}

/** As the launcher has it: a stage stands for a part of the sidecar's process, and a driver alone for what would be in its place. */
const LAUNCHED = "--no-allocation-site-pretenuring";

export async function runStage(task: StageTask, { profiles, survivors }: Looking = {}): Promise<StageResult> {
  const execArgv = [
    LAUNCHED,
    ...(profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${join(profiles, task.name)}`]),
    ...(survivors === undefined ? [] : [watchSurvivors(join(survivors, task.name))]),
  ];
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
