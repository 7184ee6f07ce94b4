/** What writes need, and how often and at what pace they try again. */

import { setTimeout as wait } from "node:timers/promises";
import type { Call } from "../../model/call.ts";
import type { EntityModel } from "../../model/entity.ts";
import { NotSent } from "../adapter.ts";
import type { Levels } from "./consistency.ts";
import type { CqlDialect } from "./dialect.ts";
import type { RowQueue } from "../row-queue.ts";
import type { Session } from "./session.ts";
import type { CqlTable } from "./table.ts";

export interface Writer {
  readonly session: Session;
  readonly levels: Levels;
  readonly dialect: CqlDialect;
  readonly queue: RowQueue;
  readonly tableFor: (entity: EntityModel) => CqlTable;
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
