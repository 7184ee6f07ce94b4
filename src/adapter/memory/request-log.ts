/** Outcomes by request_id, for 24 hours, so that an equal repeat gets the first answer. */

import type { RecordedRequest } from "../adapter.ts";
import { KEPT } from "../document/recorded-outcomes.ts";

/** What a request_id committed for: nothing yet, another request, or the outcomes of this one. */
export type Recall<Outcome> =
  | { readonly kind: "new" }
  | { readonly kind: "reused" }
  | { readonly kind: "replayed"; readonly outcomes: readonly Outcome[] };

export interface RequestLog<Outcome> {
  recall(request: RecordedRequest | undefined): Recall<Outcome>;
  /** Called in the same step as the writes, and only when they are done. */
  record(request: RecordedRequest | undefined, outcomes: readonly Outcome[]): void;
  /** Forgets what is older than 24 hours, up to `limit` entries; answers how many. */
  sweep(now: bigint, limit: number): number;
}

export function createRequestLog<Outcome>(): RequestLog<Outcome> {
  // In the order of recording, so that the oldest come first.
  const entries = new Map<
    string,
    { readonly digest: string; readonly at: bigint; readonly outcomes: readonly Outcome[] }
  >();
  return {
    recall: (request) => {
      const entry = request && entries.get(request.id);
      if (!entry || entry.at + KEPT <= request.now) return { kind: "new" };
      return entry.digest === textOf(request.digest)
        ? { kind: "replayed", outcomes: entry.outcomes }
        : { kind: "reused" };
    },
    record: (request, outcomes) => {
      if (!request) return;
      entries.delete(request.id);
      entries.set(request.id, { digest: textOf(request.digest), at: request.now, outcomes });
    },
    sweep: (now, limit) => {
      let forgotten = 0;
      for (const [id, { at }] of entries) {
        if (forgotten >= limit || at + KEPT > now) break;
        entries.delete(id);
        forgotten += 1;
      }
      return forgotten;
    },
  };
}

function textOf(digest: Uint8Array): string {
  return Buffer.from(digest).toString("latin1");
}
