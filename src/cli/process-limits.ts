/** What the machine must leave to a process that is to serve; with less it would fail later, in the middle of calls. */

import { readFile } from "node:fs/promises";
import { storesMemory } from "../compose/open-store.ts";
import type { Config } from "../config/config.ts";
import { StartRefused } from "../server/routed-schema.ts";

/** @throws StartRefused with all that is too little, SchemeRefused for a store that nothing opens */
export async function refuseTightLimits(config: Config): Promise<void> {
  const budgets = memoryBudgets(config, await storesMemory(config.stores.values()));
  const findings = [fewFiles(await ownLimits()), littleMemory(budgets, process.constrainedMemory())];
  const told = findings.filter((finding) => finding !== undefined);
  if (told.length > 0) throw new StartRefused(told.join("\n"));
}

/** Every connection, database and watched directory is an open file; a sidecar with fewer runs out under its first load. */
const leastFiles = 1_024;

/** What to say where the limits, as Linux shows them in /proc/self/limits, allow too few open files. */
export function fewFiles(limits: string): string | undefined {
  const soft = /^Max open files\s+(\d+)\s/m.exec(limits)?.[1];
  if (soft === undefined || Number(soft) >= leastFiles) return undefined;
  return (
    `may open ${soft} files at once and needs ${leastFiles}, because every connection is one; ` +
    "raise the limit of what starts it: ulimit -n, LimitNOFILE of systemd, --ulimit nofile of a container"
  );
}

/** Empty where the system has none: Linux alone has them as a file. Node has raised the soft limits to the hard ones by now. */
async function ownLimits(): Promise<string> {
  return readFile("/proc/self/limits", "utf8").catch(() => "");
}

/** A part of the memory that the process may come to hold. */
export interface MemoryBudget {
  /** The setting that decides it, where there is one. */
  readonly name: string;
  /** Rounded up. */
  readonly mebibytes: number;
}

/** Node, the program and its descriptors: an idle process has about 100 resident, and garbage waits to be collected. */
const programMebibytes = 128;

/** A thread of Node with its heap. */
const threadMebibytes = 18;

/** `stores` holds, by name, the bytes that each keeps beside its calls. */
export function memoryBudgets(
  { limits, watchdog }: { readonly limits: Pick<Config["limits"], "bytesInFlight"> } & Pick<Config, "watchdog">,
  stores: ReadonlyMap<string, number>,
): readonly MemoryBudget[] {
  const budgets: readonly MemoryBudget[] = [
    { name: "the program", mebibytes: programMebibytes },
    { name: "limits.bytes_in_flight", mebibytes: mebibytes(limits.bytesInFlight) },
    ...Array.from(stores, ([name, bytes]) => ({ name: `stores.${name}`, mebibytes: mebibytes(bytes) })),
    { name: "watchdog.timeout", mebibytes: watchdog.timeout > 0 ? threadMebibytes : 0 },
  ];
  return budgets.filter((budget) => budget.mebibytes > 0);
}

/** What to say where the bytes that the process may use are fewer than the sum of its budgets. */
export function littleMemory(budgets: readonly MemoryBudget[], allowed: number): string | undefined {
  const needed = budgets.reduce((sum, budget) => sum + budget.mebibytes, 0);
  // 0 where the system has none; where none is set it is larger than any machine.
  if (allowed === 0 || needed * mebibyte <= allowed) return undefined;
  const parts = budgets.map((budget) => `${budget.name} ${budget.mebibytes}`).join(", ");
  return (
    `needs up to ${needed} MiB of memory and may use ${Math.floor(allowed / mebibyte)}: ${parts}; ` +
    "raise the memory limit of its container or service, lower limits.bytes_in_flight, " +
    "or do without a store or the watchdog (watchdog.timeout: 0s)"
  );
}

const mebibyte = 1_048_576;

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / mebibyte);
}
