/** Opens `memory:` (the reference), `memory:?profile=weak` and `memory:?profile=partitioned`. Nothing outlives the process. */

import type { Adapter, OpenAdapter } from "../adapter.ts";
import { Fault } from "../../model/fault.ts";
import { createMemory } from "./memory.ts";
import { reference, weak, weakPartitioned, type Profile } from "./profile.ts";

export const open: OpenAdapter = async (options): Promise<Adapter> => {
  const unknown = [
    ...Object.keys(options.settings).filter((name) => name !== "pool.max"), // the portable one: there is nothing to pool
    ...[...options.url.searchParams.keys()].filter((name) => name !== "profile"),
  ];
  if (unknown.length > 0)
    throw invalid(
      options.store,
      `a memory store has no setting ${unknown.join(", ")}; there is only ?profile=weak and ?profile=partitioned`,
    );
  if ("pool.max" in options.settings)
    options.log.warn({ store: options.store }, "pool.max has no use here: there is nothing to pool");
  return createMemory(options, profileNamed(options.url.searchParams.get("profile"), options.store));
};

function profileNamed(name: string | null, store: string): Profile {
  if (name === null) return reference;
  if (name === "weak") return weak;
  if (name === "partitioned") return weakPartitioned;
  throw invalid(store, "a memory store's profiles are weak and partitioned");
}

function invalid(store: string, message: string): Fault {
  return new Fault("FIELD_INVALID", message, { store });
}
