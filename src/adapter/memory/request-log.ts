/** Outcomes by request_id, for 24 hours, so that an equal repeat gets the first answer. */

import type { RecordedRequest } from "../adapter.ts";
import { forgottenAt, recallKept, type KeptRequest, type Recall } from "../writing/recorded-request.ts";

export interface RequestLog<Outcome> {
  recall(request: RecordedRequest | undefined): Recall<Outcome>;
  /** Called in the same step as the writes, and only when they are done. */
  record(request: RecordedRequest | undefined, outcomes: readonly Outcome[]): void;
  /** Forgets what is older than 24 hours, up to `limit` entries; answers how many. */
  sweep(now: bigint, limit: number): number;
}

export function createRequestLog<Outcome>(): RequestLog<Outcome> {
  // In the order of recording, so that the oldest come first.
  const entries = new Map<string, KeptRequest<Outcome>>();
  return {
    recall: (request) => request && recallKept(request, entries.get(request.id)),
    record: (request, outcomes) => {
      if (!request) return;
      entries.delete(request.id);
      entries.set(request.id, { digest: request.digest, at: request.now, outcomes: () => outcomes });
    },
    sweep: (now, limit) => {
      let forgotten = 0;
      for (const [id, { at }] of entries) {
        if (forgotten >= limit || at > forgottenAt(now)) break;
        entries.delete(id);
        forgotten += 1;
      }
      return forgotten;
    },
  };
}
