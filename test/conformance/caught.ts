/** What a clause says to the fault that is planted for it. */

import { Fault } from "../../src/model/fault.ts";
import type { Clause, PlantedFault } from "./clause.ts";
import { openMemory } from "./stores.ts";

/** What the clauses failed with, by name; those that hold are not in it. */
export async function failuresUnder(
  fault: PlantedFault,
  clauses: readonly Clause[],
): Promise<ReadonlyMap<string, string>> {
  const opened = await openMemory((adapter) => fault.plant(adapter));
  const failed = new Map<string, string>();
  for (const clause of clauses)
    await clause.run(opened.subject).catch((error: unknown) => {
      failed.set(clause.name, firstLine(error));
    });
  await opened.close();
  return failed;
}

/** Of a call that should have succeeded, the reason it was refused for. */
export function firstLine(error: unknown): string {
  if (error instanceof Fault) return `refused for ${error.reason}: ${error.message}`;
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0] ?? text;
}
