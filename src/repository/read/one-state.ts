/** Reads whose steps see one state of the store, where it can show one. */

import type { Reads } from "../../adapter/adapter.ts";
import { has } from "../../adapter/capabilities.ts";
import type { Call } from "../../model/call.ts";
import { attempt } from "../attempt.ts";
import type { Scope } from "../scope.ts";

/** Runs `body` with a scope that reads one state; with the given one where the store has no such reads. It may be run again. */
export async function inOneState<Result>(
  scope: Scope,
  call: Call,
  body: (scope: Scope) => Promise<Result>,
): Promise<Result> {
  const { adapter } = scope;
  const consistent = adapter.consistent?.bind(adapter);
  if (!consistent || !showsOneState(scope)) return body(scope);
  // A conflict ends the state that is read: all of it is read again, and no part of it.
  const within = (reads: Reads): Scope => ({ ...scope, adapter: { ...adapter, ...reads }, isInTransaction: true });
  return attempt(scope, call, () => consistent((reads) => body(within(reads)), call));
}

/** Whether the scope that `inOneState` hands on reads one state: what was read there is there still. */
export function showsOneState({ adapter }: Scope): boolean {
  return adapter.consistent !== undefined && has(adapter.capabilities, "consistent_read");
}
