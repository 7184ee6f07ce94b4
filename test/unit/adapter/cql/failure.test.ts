/** Kinds come from codes alone, and nothing of the database's text reaches a caller. */

import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { NotConnected } from "../../../../src/adapter/runtime/link-failure.ts";
import { onAnyHost } from "../../../../src/adapter/cql/cluster/retry.ts";
import { classify, unlessSure } from "../../../../src/adapter/cql/failure.ts";

const told = (code: number): Error => Object.assign(new Error("Key secret@x is in the way"), { code });
const ofDriver = (name: string, more: object = {}): Error => Object.assign(new Error("secret"), { name }, more);

/** Code, of a read, of a write. */
const answers = [
  [0x0000, "STORE_UNAVAILABLE", "WRITE_OUTCOME_UNKNOWN"],
  [0x0100, "STORE_UNAVAILABLE", "STORE_UNAVAILABLE"],
  [0x1000, "STORE_UNAVAILABLE", "STORE_UNAVAILABLE"],
  [0x1001, "STORE_UNAVAILABLE", "STORE_UNAVAILABLE"],
  [0x1100, "STORE_UNAVAILABLE", "WRITE_OUTCOME_UNKNOWN"],
  [0x1200, "STORE_UNAVAILABLE", "WRITE_OUTCOME_UNKNOWN"],
  [0x1300, "STORE_UNAVAILABLE", "WRITE_OUTCOME_UNKNOWN"],
  [0x1500, "STORE_UNAVAILABLE", "WRITE_OUTCOME_UNKNOWN"],
  [0x1700, "STORE_UNAVAILABLE", "WRITE_OUTCOME_UNKNOWN"],
  [0x2100, "SCHEMA_DRIFT", "SCHEMA_DRIFT"],
  [0x2200, "SCHEMA_DRIFT", "SCHEMA_DRIFT"],
  [0x9999, "INTERNAL", "WRITE_OUTCOME_UNKNOWN"],
] as const;

describe("what the database answers", () => {
  it.each(answers)("%i of a read is %s, of a write %s", (code, read, write) => {
    const faults = [classify(told(code)), classify(unlessSure(told(code), "blind"))];
    expect(faults.map(({ reason }) => reason)).toEqual([read, write]);
    for (const { message } of faults) expect(message).not.toContain("secret");
  });
});

// A cluster shows it: `test/wide-column/cluster.test.ts`.
describe("too few replicas are alive for a lightweight transaction", () => {
  const unavailable = (consistencies: number): Error => Object.assign(told(0x1000), { consistencies });

  it.each([
    ["SERIAL, before it was decided", 0x0008, "STORE_UNAVAILABLE"],
    ["LOCAL_SERIAL, before it was decided", 0x0009, "STORE_UNAVAILABLE"],
    ["QUORUM, as SERIAL is called there, before it was decided", 0x0004, "STORE_UNAVAILABLE"],
    ["LOCAL_QUORUM, as LOCAL_SERIAL is called there, before it was decided", 0x0006, "STORE_UNAVAILABLE"],
    ["ONE, when it had been decided", 0x0001, "WRITE_OUTCOME_UNKNOWN"],
    ["ALL, when it had been decided", 0x0005, "WRITE_OUTCOME_UNKNOWN"],
  ])("for %s", (_, level, reason) => {
    expect(classify(unlessSure(unavailable(level), "decided")).reason).toBe(reason);
    expect(classify(unlessSure(unavailable(level), "blind")).reason).toBe("STORE_UNAVAILABLE");
    expect(classify(unavailable(level)).reason).toBe("STORE_UNAVAILABLE");
  });
});

describe("a link that fails", () => {
  it.each([
    ["nothing was connected", new NotConnected()],
    ["no host took it", ofDriver("NoHostAvailableError")],
    ["the request did not go out", ofDriver("Error", { isSocketError: true, requestNotWritten: true })],
  ])("%s: surely not executed", (_, error) => {
    expect(classify(unlessSure(error, "decided"))).toMatchObject({ reason: "STORE_UNAVAILABLE", code: "UNAVAILABLE" });
  });

  it.each([
    ["the link broke", ofDriver("Error", { isSocketError: true })],
    ["no answer came in time", ofDriver("OperationTimedOutError")],
  ])("%s: a write's outcome is unknown, and clients must not send it again; a read was not done", (_, error) => {
    expect(classify(unlessSure(error, "decided"))).toMatchObject({
      reason: "WRITE_OUTCOME_UNKNOWN",
      detail: { neverResend: true },
    });
    expect(classify(error).reason).toBe("STORE_UNAVAILABLE");
  });

  it("the host that was to prepare the statement has no connection: surely not executed, and another is asked", async () => {
    // The driver's own words, which have no code.
    const pool: unknown = createRequire(import.meta.url)("cassandra-driver/lib/host-connection-pool.js");
    const { prototype } = pool as { prototype: { borrowConnection(): unknown } };
    const borrow = async (): Promise<unknown> => Object.assign(Object.create(prototype), { connections: [] }).borrowConnection(); // prettier-ignore
    const error: unknown = await borrow().catch((thrown: unknown) => thrown);
    expect(classify(unlessSure(error, "decided"))).toMatchObject({ reason: "STORE_UNAVAILABLE", code: "UNAVAILABLE" });

    let asked = 0;
    const third = (): Promise<unknown> => ((asked += 1) < 3 ? borrow() : Promise.resolve("sent"));
    expect(await onAnyHost(3, third)).toBe("sent");
    await expect(onAnyHost(3, borrow)).rejects.toThrow("No connection available");
    asked = 0;
    const broken = (): Promise<unknown> => ((asked += 1), Promise.reject(told(0x1100)));
    await expect(onAnyHost(3, broken)).rejects.toMatchObject({ code: 0x1100 });
    expect(asked, "what may have been sent is not sent again").toBe(1);
  });

  it("too many requests under way is said as that", () => {
    expect(classify(unlessSure(ofDriver("BusyConnectionError"), "decided")).reason).toBe("QUEUE_FULL");
  });

  it.each([
    ["too many requests under way on each", ofDriver("BusyConnectionError"), "QUEUE_FULL"],
    ["a table that each says is gone", told(0x2200), "SCHEMA_DRIFT"],
    ["a statement that can be prepared no more", told(0x2500), "SCHEMA_DRIFT"],
    ["a host that is down", ofDriver("OperationTimedOutError"), "STORE_UNAVAILABLE"],
  ])("no host took it, because of %s", (_, inner, reason) => {
    const none = ofDriver("NoHostAvailableError", { innerErrors: { "10.0.0.1:9042": inner, "10.0.0.2:9042": inner } });
    expect([classify(none), classify(unlessSure(none, "decided"))].map((fault) => fault.reason)).toEqual([
      reason,
      reason,
    ]);
    const mixed = ofDriver("NoHostAvailableError", { innerErrors: { a: inner, b: new Error("other") } });
    expect(classify(unlessSure(mixed, "decided")).reason).toBe("STORE_UNAVAILABLE");
  });

  it("a value that could not be encoded was not sent", () => {
    expect(classify(unlessSure(new TypeError("secret"), "decided")).reason).toBe("INTERNAL");
  });
});
