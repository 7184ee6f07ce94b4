/** What a clause of the contract is, and the fault that proves it can fail. */

import type { Adapter } from "../../src/adapter/adapter.ts";
import { has, type Capabilities, type CapabilityName } from "../../src/adapter/capabilities.ts";
import type { Subject } from "./subject.ts";

export interface Clause {
  /** A fact, for example "a stale version is refused". Unique. */
  readonly name: string;
  /** Skipped, by name, on stores that do not publish all of these; of an inner list one is enough. */
  readonly needs: readonly Need[];
  /** Rejects when the fact does not hold. Makes its own rows; leaves no open work. */
  run(subject: Subject): Promise<void>;
}

/** A capability, or several of which one is enough. */
export type Need = CapabilityName | readonly CapabilityName[];

/** What of a clause's needs a store does not publish. */
export function unmet(clause: Pick<Clause, "needs">, capabilities: Capabilities): readonly string[] {
  return clause.needs.flatMap((need) => {
    const names = typeof need === "string" ? [need] : need;
    return names.some((name) => has(capabilities, name)) ? [] : [names.join(" or ")];
  });
}

export interface PlantedFault {
  /** What is broken, for example "the version of a guard is not looked at". */
  readonly name: string;
  /** The adapter with one behaviour changed. */
  plant(adapter: Adapter): Adapter;
}
