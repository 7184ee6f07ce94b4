/** Opens `memory:` (the reference), `memory:?profile=weak` and `memory:?profile=partitioned`. Nothing outlives the process. */

import type { Adapter } from "../adapter.ts";
import type { CheckSettings, OpenAdapter, SettingProblem, StoreSettings } from "../opening.ts";
import { refuseProblems } from "../setting-problem.ts";
import { loadDerivations } from "../derivation.ts";
import { createMemory } from "./memory.ts";
import { reference, weak, weakPartitioned, type Profile } from "./profile.ts";

export const open: OpenAdapter = async (options): Promise<Adapter> => {
  const { store, log } = options;
  refuseProblems(options, problemsOf(options));
  if ("pool.max" in options.settings) log.warn({ store }, "pool.max has no use here: there is nothing to pool");
  const profile = profiles.get(options.url.searchParams.get("profile")) ?? reference;
  return createMemory(options, profile, await loadDerivations(options.derivations, options.entities));
};

/** Rows of one store are nobody else's, so that there is no place to share. */
export const checkSettings: CheckSettings = async (options) => ({ problems: problemsOf(options) });

const profiles: ReadonlyMap<string | null, Profile> = new Map([
  [null, reference],
  ["weak", weak],
  ["partitioned", weakPartitioned],
]);

function problemsOf({ settings, url }: StoreSettings): readonly SettingProblem[] {
  const unknown = Object.keys(settings).filter((name) => name !== "pool.max"); // the portable one: there is nothing to pool
  const others = [...url.searchParams.keys()].filter((name) => name !== "profile");
  const found = others.length > 0 ? others.join(", ") : "another profile";
  const isKnown = others.length === 0 && profiles.has(url.searchParams.get("profile"));
  const forms = "memory:, memory:?profile=weak or memory:?profile=partitioned";
  return [
    ...unknown.map((setting) => ({ setting, reason: "is no setting of this store, which has none; remove it" })),
    ...(isKnown ? [] : [{ setting: "url", reason: `must be ${forms}, and asks for ${found}` }]),
  ];
}
