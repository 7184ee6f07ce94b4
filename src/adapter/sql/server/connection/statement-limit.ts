/** How long a server may work on a statement of a call. */

import type { Call } from "../../../../model/call.ts";
import type { Link } from "./link.ts";

/** Statements that follow on the connection are given what the call has left by now. Not inside a transaction, which may be undone. */
export function limitBy(call: Call, link: Link): void {
  link.limit(call.deadline - performance.now());
}

/**
 * The time that the call has left, a quarter more at most: in steps, so that calls with one deadline find their connection as the last
 * one left it. At least a second; at most what the store's settings say.
 *
 * @param left milliseconds; Infinity for a call without a deadline
 * @param most milliseconds
 */
export function statementLimit(left: number, most: number): number {
  const seconds = Math.max(Math.ceil(Math.min(left, most) / 1_000), 1);
  const step = 2 ** Math.max(Math.floor(Math.log2(seconds)) - 2, 0);
  return Math.min(Math.ceil(seconds / step) * step * 1_000, most);
}
