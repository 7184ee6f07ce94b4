/** What a clause says of calls that must not succeed. */

import { expect } from "vitest";
import { Fault } from "../../src/model/fault.ts";
import type { Reason } from "../../src/model/reason.ts";
import type { ItemAnswer } from "./rows.ts";

/** The Fault a call was refused with. Fails where it was not refused, or for another reason. */
export async function refusal(reason: Reason, call: Promise<unknown>): Promise<Fault> {
  const outcome = await call.then(
    () => "no refusal",
    (error: unknown) => error,
  );
  if (!(outcome instanceof Fault)) {
    expect(String(outcome), "what came instead of a refusal").toBe(reason);
    throw outcome;
  }
  expect(outcome.reason, outcome.message).toBe(reason);
  return outcome;
}

/** Reasons of the positions of a batch, undefined where an item succeeded. */
export function reasons(items: readonly ItemAnswer[]): readonly (Reason | undefined)[] {
  return items.map((item) => ("fault" in item ? item.fault.reason : undefined));
}

/** Rows of the positions of a batch, undefined where there is none. */
export function answeredRows(items: readonly ItemAnswer[]): readonly (ItemAnswer & { readonly row: object })["row"][] {
  return items.flatMap((item) => ("row" in item ? [item.row] : []));
}
