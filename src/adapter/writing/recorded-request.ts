/** What it means to meet a request_id again: whose it is, and for how long. How it is kept is the store's. */

import type { RecordedRequest, StepOutcome } from "../adapter.ts";

/** How long an outcome is remembered, in nanoseconds: 24 hours. */
const REMEMBERED = 86_400_000_000_000n;

/** The same in seconds, for stores that remove what is older by themselves. */
export const REMEMBERED_SECONDS: number = Number(REMEMBERED / 1_000_000_000n);

/** What was recorded at this moment or earlier counts as absent, and is swept. */
export function forgottenAt(now: bigint): bigint {
  return now - REMEMBERED;
}

/** A request that was committed under the id that is met again. */
export interface MetRequest<Outcome> {
  readonly isForgotten: boolean;
  readonly isEqual: boolean;
  /** Asked for only where they are the answer. */
  outcomes(): readonly Outcome[];
}

/** Undefined where the id is new, or was forgotten. */
export type Recall<Outcome = StepOutcome> =
  { readonly kind: "replayed"; readonly outcomes: readonly Outcome[] } | { readonly kind: "reused" } | undefined;

export function recall<Outcome>(met: MetRequest<Outcome> | undefined): Recall<Outcome> {
  if (!met || met.isForgotten) return undefined;
  return met.isEqual ? { kind: "replayed", outcomes: met.outcomes() } : { kind: "reused" };
}

export interface KeptRequest<Outcome> {
  readonly at: bigint;
  readonly digest: Uint8Array;
  outcomes(): readonly Outcome[];
}

/** The same for stores that give back what they keep; databases compare it themselves. */
export function recallKept<Outcome>(request: RecordedRequest, kept: KeptRequest<Outcome> | undefined): Recall<Outcome> {
  return recall(
    kept && {
      isForgotten: kept.at <= forgottenAt(request.now),
      isEqual: Buffer.compare(kept.digest, request.digest) === 0,
      outcomes: () => kept.outcomes(),
    },
  );
}
