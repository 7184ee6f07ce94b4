/** What is counted of calls: instruments are made once for each method, so that a call looks nothing up and makes nothing. */

import type { Metric } from "./exposition.ts";
import { CounterRow, Histogram, SECONDS } from "./instrument.ts";
import type { Stage } from "./tracing.ts";

/** Names of google.rpc.Code, at their numbers. */
export const CODE_NAMES: readonly string[] = [
  "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE",
  "DATA_LOSS", "UNAUTHENTICATED",
]; // prettier-ignore

/** Whose calls are counted together; entity and store are empty where a method has none. */
export interface CallLabels {
  readonly method: string;
  readonly entity: string;
  readonly store: string;
}

export interface CallMetrics {
  /** Ended calls by code. */
  calls(labels: CallLabels): CounterRow;
  /** One for all entities: with them the page would grow by twenty lines for each method of each. */
  seconds(stage: Stage, method: string): Histogram;
  /** Calls that have begun and not ended. */
  inFlight: number;
  readonly metrics: readonly Metric[];
}

export function createCallMetrics(): CallMetrics {
  const calls = new Map<string, { readonly labels: CallLabels; readonly row: CounterRow }>();
  const seconds = new Map<string, { readonly stage: Stage; readonly method: string; readonly histogram: Histogram }>();
  const made: CallMetrics = {
    inFlight: 0,
    calls: (labels) => {
      const key = JSON.stringify(labels);
      const found = calls.get(key) ?? { labels, row: new CounterRow(CODE_NAMES.length) };
      calls.set(key, found);
      return found.row;
    },
    seconds: (stage, method) => {
      const key = `${stage} ${method}`;
      const found = seconds.get(key) ?? { stage, method, histogram: new Histogram(SECONDS) };
      seconds.set(key, found);
      return found.histogram;
    },
    metrics: [
      {
        name: "pannier_calls_total",
        help: "Calls that have ended, by their code. Calls refused before their method began have no method.",
        type: "counter",
        read: () =>
          Array.from(calls.values(), ({ labels: { method, entity, store }, row }) =>
            CODE_NAMES.map((code, at) => ({ labels: { method, entity, store, code }, value: row.values[at] ?? 0 })),
          )
            .flat()
            .filter(({ value }) => value > 0),
      },
      {
        name: "pannier_calls_in_flight",
        help: "Calls that have begun and not ended.",
        type: "gauge",
        read: () => [{ labels: {}, value: made.inFlight }],
      },
      {
        name: "pannier_call_seconds",
        help: "Seconds of a call, or of each frame of a stream, including the stages below.",
        type: "histogram",
        read: () =>
          Array.from(seconds.values())
            .filter(({ histogram }) => histogram.counts.some((count) => count > 0))
            .map(({ stage, method, histogram: { bounds, counts, sum } }) => ({ labels: { stage, method }, bounds, counts, sum })),
      },
    ],
  }; // prettier-ignore
  return made;
}
