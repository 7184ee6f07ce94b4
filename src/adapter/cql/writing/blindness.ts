/** Which entities can be written without their rows being read, and when such a write was. */

import type { Clock } from "../../../model/clock.ts";
import type { EntityModel } from "../../../model/entity.ts";
import { Fault } from "../../../model/fault.ts";

export interface BlindSettings {
  /** Whether they may be one batch over several partitions. */
  readonly acrossPartitions: boolean;
  /** Most bytes of such a batch. */
  readonly mostBytes: number;
}

/** Whether rows of the entity can be written without knowing them. */
export function canBeBlind({ managed, fields }: EntityModel): boolean {
  const keeps = [managed.version, managed.createdAt, managed.deletedAt].some((ordinal) => ordinal !== undefined);
  return !keeps && fields.every(({ immutable }) => !immutable);
}

/** Microseconds that ascend in this process, also where its clock does not. */
export class BlindClock {
  readonly #clock: Clock;
  #last = 0n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): bigint {
    const now = this.#clock.now() / 1_000n;
    return (this.#last = now > this.#last ? now : this.#last + 1n);
  }
}

/** What says so. */
export function notBlind(entity: EntityModel, kind: string): Fault {
  return new Fault(
    "CAPABILITY_MISSING",
    `rows of ${entity.name} are written without being read (blind_writes), so this store takes a Put, and a Delete with allow_missing, without a condition, and no ${kind} that has to know the row`,
    { entity: entity.name, metadata: { capability: "conditional_write" } },
  );
}
