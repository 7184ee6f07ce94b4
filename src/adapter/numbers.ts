/** Numbers that nobody else is given: of a sequence, and of the process in ids that carry one. */

import type { EntityModel } from "../model/entity.ts";

/** Numbers of processes in ids that carry one. Spans of one number never overlap, whatever the clocks of their holders show. */
export interface NodeNumbers {
  /** What this process may use now: no I/O. @throws Fault while it has none */
  current(): NodeSpan;
}

export interface NodeSpan {
  /** 0 to 1023. */
  readonly number: number;
  /** Milliseconds since 1970: an id's time lies behind the first, and not behind the second. */
  readonly after: number;
  readonly until: number;
}

export interface NumbersRequest {
  readonly entity: EntityModel;
  /** Of the field. */
  readonly ordinal: number;
  readonly count: number;
}
