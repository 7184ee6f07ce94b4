/** A fault planted where rows are kept, and what its clause says to it. */

import { firstLine } from "../caught.ts";
import { ProcessFailed } from "./other-process.ts";
import type { OpeningClause, OpeningFault } from "./opening-clause.ts";
import { PLACES, withPlace, type PlaceOf } from "./place.ts";

export interface Caught {
  /** What the clause failed with; undefined where it did not notice. */
  readonly assertion?: string;
  /** Why this machine cannot tell. */
  readonly untold?: string;
}

/** The embedded engine: it is opened quickly, and one process has it at a time. */
const PLANTED_IN = PLACES.find(({ name }) => name === "kv")!;

/** @throws {ProcessFailed} what a process that cannot run its code has to say is no proof */
export async function caughtBy(
  clause: OpeningClause,
  fault: OpeningFault,
  kept: PlaceOf = PLANTED_IN,
): Promise<Caught> {
  let caught: Caught = {};
  await withPlace(
    kept,
    async (place) => {
      const untold = await clause.untold?.(place);
      if (untold !== undefined) caught = { untold };
      else
        await clause.run(place).catch((error: unknown) => {
          if (error instanceof ProcessFailed) throw error;
          caught = { assertion: firstLine(error) };
        });
    },
    fault,
  );
  return caught;
}
