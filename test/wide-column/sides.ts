// Two sidecars on one keyspace, and callers who tell what is sure from what may have happened.
import { setTimeout as wait } from "node:timers/promises";
import type { JsonObject } from "@bufbuild/protobuf";
import { objectOf } from "../integration/ask.ts";
import { startSidecar, type Outcome, type Sidecar } from "../integration/sidecar.ts";

/** What a call came to: an answer, a refusal that says why, surely nothing, or nobody knows. */
export type Fate =
  | { readonly kind: "answered"; readonly json: JsonObject }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "nothing"; readonly reason: string }
  | { readonly kind: "unknown"; readonly reason: string };

/** Nothing was changed, and the row has nothing to do with it. */
const NOTHING: ReadonlySet<string> = new Set(["STORE_UNAVAILABLE", "QUEUE_FULL", "TRANSACTION_CONFLICT", "DRAINING"]);
const UNKNOWN: ReadonlySet<string> = new Set(["WRITE_OUTCOME_UNKNOWN", "DEADLINE_EXCEEDED"]);

export interface Sides {
  /** Of the i-th of two sidecars. */
  call(i: number, method: string, request: JsonObject): Promise<Fate>;
  /** Until it is answered. */
  surely(method: string, request: JsonObject): Promise<JsonObject>;
  close(): Promise<void>;
}

/** Of the entities that are called; the others lie in memory, as tables on several nodes take long to make. */
export async function openSides(url: string): Promise<Sides> {
  const yaml = `log: { level: error }
stores:
  default: { url: "memory:" }
  wide: { url: ${JSON.stringify(url)} }
entities:
  triggerx.v1.UserData: { store: wide }
  shop.v1.Product: { store: wide }
`;
  const sidecars: Sidecar[] = [];
  for (let i = 0; i < 2; i += 1) sidecars.push(await startSidecar({ yaml }));
  const call: Sides["call"] = async (i, method, request) => {
    const sidecar = sidecars[i % sidecars.length];
    if (!sidecar) throw new Error("no sidecar");
    const fate = fateOf(await sidecar.call(method, request, { timeout: 15_000 }));
    if (fate.kind !== "refused" || fate.reason !== "INTERNAL") return fate;
    return { ...fate, reason: `INTERNAL\n${sidecar.log.slice(-5).join("\n")}` }; // which says why
  };
  return {
    call,
    surely: async (method, request) => {
      for (let i = 0; ; i += 1) {
        const fate = await call(i, method, request);
        if (fate.kind === "answered") return fate.json;
        if (fate.kind === "refused" || i > 600) throw new Error(`${method}: ${fate.reason}`);
        await wait(100);
      }
    },
    close: async () => {
      for (const sidecar of sidecars) await sidecar.dispose();
    },
  };
}

function fateOf(outcome: Outcome): Fate {
  if (outcome.ok) return { kind: "answered", json: objectOf(outcome.json) };
  const { reason, code, message } = outcome;
  if (NOTHING.has(reason)) return { kind: "nothing", reason };
  if (UNKNOWN.has(reason)) return { kind: "unknown", reason };
  // What the client's own library says has no reason: a deadline that it counted, a connection that it lost.
  const own = reason === "" ? `code ${code}: ${message}` : reason;
  return { kind: reason === "" && (code === 4 || code === 14) ? "unknown" : "refused", reason: own };
}
