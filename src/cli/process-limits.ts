/** What the machine must leave to a process that is to serve; with less it would fail later, in the middle of calls. */

import { readFile } from "node:fs/promises";
import { StartRefused } from "../server/routed-schema.ts";

/** @throws StartRefused */
export async function refuseTightLimits(): Promise<void> {
  const files = fewFiles(await ownLimits());
  if (files !== undefined) throw new StartRefused(files);
}

/** Every connection, database and watched directory is an open file; a sidecar with fewer runs out under its first load. */
const leastFiles = 1_024;

/** What to say where the limits, as Linux tells them in /proc/self/limits, allow too few open files. */
export function fewFiles(limits: string): string | undefined {
  const soft = /^Max open files\s+(\d+)\s/m.exec(limits)?.[1];
  if (soft === undefined || Number(soft) >= leastFiles) return undefined;
  return (
    `may open ${soft} files at once and needs ${leastFiles}, because every connection is one; ` +
    "raise the limit of what starts it: ulimit -n, LimitNOFILE of systemd, --ulimit nofile of a container"
  );
}

/** Empty where the system tells none: Linux alone has them as a file. Node has raised the soft limits to the hard ones by now. */
async function ownLimits(): Promise<string> {
  return readFile("/proc/self/limits", "utf8").catch(() => "");
}
