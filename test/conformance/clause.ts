/** What a clause of the contract is, and the fault that proves it can fail. */

import type { Adapter } from "../../src/adapter/adapter.ts";
import type { CapabilityName } from "../../src/adapter/capabilities.ts";
import type { Subject } from "./subject.ts";

export interface Clause {
  /** A fact, for example "a stale version is refused". Unique. */
  readonly name: string;
  /** Skipped, by name, on stores that do not publish all of these. */
  readonly needs: readonly CapabilityName[];
  /** Rejects when the fact does not hold. Makes its own rows; leaves no open work. */
  run(subject: Subject): Promise<void>;
}

export interface PlantedFault {
  /** What is broken, for example "the version of a guard is not looked at". */
  readonly name: string;
  /** The adapter with one behaviour changed. */
  plant(adapter: Adapter): Adapter;
}
