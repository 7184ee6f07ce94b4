/** What writes need, and how often and at what pace they try again. */

import { setTimeout as wait } from "node:timers/promises";
import type { Call } from "../../../model/call.ts";
import type { EntityModel } from "../../../model/entity.ts";
import type { Mutation } from "../../../model/mutation.ts";
import { NotSent } from "../../adapter.ts";
import { canBeBlind, notBlind, type BlindClock, type BlindSettings } from "./blindness.ts";
import type { Levels } from "../cluster/consistency.ts";
import type { CqlDialect } from "../dialect.ts";
import type { RowQueue } from "../../writing/row-queue.ts";
import type { Session } from "../cluster/session.ts";
import type { CqlTable } from "../tables/table.ts";

export interface Writer {
  readonly session: Session;
  readonly levels: Levels;
  readonly dialect: CqlDialect;
  readonly queue: RowQueue;
  readonly tableFor: (entity: EntityModel) => CqlTable;
  /** Where rows may be written without being read. */
  readonly blind: (BlindSettings & { readonly clock: BlindClock }) | undefined;
}

/** How rows of this entity are written where they are not read; undefined where they are. */
export function blindnessOf({ blind }: Writer, entity: EntityModel): Writer["blind"] {
  return blind && canBeBlind(entity) ? blind : undefined;
}

/** A row that is written blindly by some is not written by others in the order of lightweight transactions. @throws Fault */
export function refuseSeen(writer: Writer, mutation: Mutation): void {
  if (blindnessOf(writer, mutation.entity)) throw notBlind(mutation.entity, mutation.kind);
}

/** Steps of one unit: the database takes the batch as one mutation, of which it bounds the bytes. */
export const MOST_IN_UNIT = 200;

/** What a refused lightweight transaction says. */
export const APPLIED = "[applied]";

/** Attempts on one row; the repository tries a conflict again while the call lasts. */
export const ATTEMPTS = 12;

/** Waits between attempts on one row, doubled each time and shortened by chance. Milliseconds. */
const FIRST_PAUSE = 4;
const LONGEST_PAUSE = 250;

export async function pause(attempt: number, call: Call): Promise<void> {
  const longest = Math.min(FIRST_PAUSE * 2 ** attempt, LONGEST_PAUSE);
  await wait(longest * (0.5 + Math.random() / 2), undefined, { signal: call.signal }).catch(() => {
    throw new NotSent("the call ended before its write was sent again");
  });
}
