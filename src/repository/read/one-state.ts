/** Reads whose steps see one state of the store, where it can show one. */

import { has } from "../../adapter/capabilities.ts";
import type { Call } from "../../model/call.ts";
import type { Scope } from "../scope.ts";

/** Runs `body` with a scope that reads one state; with the given one where the store has no such reads. It may be run again. */
export function inOneState<Result>(scope: Scope, call: Call, body: (scope: Scope) => Promise<Result>): Promise<Result> {
  const { adapter } = scope;
  if (!adapter.consistent || !showsOneState(scope)) return body(scope);
  return adapter.consistent((reads) => body({ ...scope, adapter: { ...adapter, ...reads } }), call);
}

/** Whether the scope that `inOneState` hands on reads one state: what was read there is there still. */
export function showsOneState({ adapter }: Scope): boolean {
  return adapter.consistent !== undefined && has(adapter.capabilities, "consistent_read");
}
