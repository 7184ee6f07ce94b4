/** One call for several callers. */

import { describe, expect, it } from "vitest";
import { createCall } from "../../../src/model/call.ts";
import { mergeCalls } from "../../../src/model/merged-call.ts";

const calling = (timeout: number, requestId = "r") => createCall({ timeout, requestId });

describe("a merged call", () => {
  it("has the latest deadline, none where one caller has none, and the first caller's id", () => {
    const [early, late, endless] = [calling(1_000, "first"), calling(9_000), calling(Infinity)];
    const merged = mergeCalls([early.call, late.call]);
    expect(Math.abs(merged.call.deadline - late.call.deadline)).toBeLessThan(1);
    expect(merged.call.requestId).toBe("first");
    expect(mergeCalls([early.call, endless.call]).call.deadline).toBe(Infinity);
    for (const control of [early, late, merged]) control.finish();
  });

  it("goes on while one caller waits, and aborts with the last of them", () => {
    const callers = [calling(Infinity), calling(Infinity), calling(Infinity)] as const;
    const merged = mergeCalls([callers[0].call, callers[1].call, callers[2].call]);
    const reasons: string[] = [];
    merged.call.onAbort((reason) => reasons.push(reason));
    callers[1].abort("cancelled");
    callers[0].abort("deadline");
    expect([merged.call.aborted, reasons]).toEqual([false, []]);
    callers[2].abort("draining");
    expect([merged.call.aborted, reasons]).toEqual([true, ["draining"]]);
  });

  it("counts a caller that had left before", () => {
    const [gone, here] = [calling(Infinity), calling(Infinity)];
    gone.abort("cancelled");
    const merged = mergeCalls([gone.call, here.call]);
    expect(merged.call.aborted).toBe(false);
    here.abort("cancelled");
    expect(merged.call.aborted).toBe(true);
  });

  it("leaves the callers alone once it is finished", () => {
    const caller = calling(Infinity);
    const merged = mergeCalls([caller.call]);
    merged.finish();
    caller.abort("cancelled");
    expect(merged.call.aborted).toBe(false);
  });
});
