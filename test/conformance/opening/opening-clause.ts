/** What a clause about opening, closing and dying is, and the faults that prove it can fail. */

import type { OpenAdapter } from "../../../src/adapter/opening.ts";
import type { Need } from "../clause.ts";
import type { Place } from "./place.ts";

export interface OpeningClause {
  /** A fact, for example "what was acknowledged is there after a kill". Unique. */
  readonly name: string;
  /** As those of `Clause`. */
  readonly needs: readonly Need[];
  /** It looks at the store's files: not told of a store whose rows are elsewhere. */
  readonly isAboutFiles?: true;
  /** Why this machine cannot tell whether the fact holds; undefined where it can. Absent: any machine can. */
  untold?(place: Place): Promise<string | undefined>;
  /** Rejects when the fact does not hold. The place is empty, and is removed afterwards. */
  run(place: Place): Promise<void>;
}

export interface OpeningFault {
  readonly name: string;
  /** The backend with one behaviour changed. */
  plant(open: OpenAdapter): OpenAdapter;
}
