// What callers are told of a failure, and what they are never told.
import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../../src/gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../../src/gen/google/rpc/status_pb.ts";
import { Fault } from "../../../src/model/fault.ts";
import { createRefusals, createRejecter, rejectedOf } from "../../../src/service/status.ts";
import type { Rejected } from "../../../src/transport/transport.ts";

function detailsOf({ details }: Rejected) {
  const status = fromBinary(StatusSchema, details);
  const [info] = status.details.flatMap((any) => anyUnpack(any, ErrorInfoSchema) ?? []);
  const [bad] = status.details.flatMap((any) => anyUnpack(any, BadRequestSchema) ?? []);
  const [retry] = status.details.flatMap((any) => anyUnpack(any, RetryInfoSchema) ?? []);
  return { status, info, bad, retry };
}

describe("a Fault", () => {
  test("becomes code, ErrorInfo and a violation for its field", () => {
    const rejected = rejectedOf(
      new Fault("DECIMAL_INVALID", "too many digits", { entity: "a.B", field: "entity.price", index: 3 }),
    );
    const { info, bad, status } = detailsOf(rejected);
    expect([rejected.code, status.code, rejected.message]).toEqual([3, 3, "too many digits"]);
    expect(info).toMatchObject({
      reason: "DECIMAL_INVALID",
      domain: "pannier",
      metadata: { entity: "a.B", field: "entity.price", index: "3" },
    });
    expect(bad?.fieldViolations).toMatchObject([{ field: "entity.price", description: "too many digits" }]);
  });

  test("says when to come back, or never to resend", () => {
    const busy = rejectedOf(new Fault("QUEUE_FULL", "full", { retryAfter: 1_250 }));
    expect([busy.pushback, detailsOf(busy).retry?.retryDelay]).toMatchObject([
      1_250,
      { seconds: 1n, nanos: 250_000_000 },
    ]);
    expect(rejectedOf(new Fault("WRITE_OUTCOME_UNKNOWN", "lost")).pushback).toBe(-1);
    expect(rejectedOf(new Fault("ROW_NOT_FOUND", "none")).pushback).toBeUndefined();
  });

  test("names every field that is wrong once", () => {
    const found = [
      { field: "entity.a", description: "is long" },
      { field: "entity.b", description: "is missing" },
    ];
    const fields = (fault: Fault): readonly string[] | undefined =>
      detailsOf(rejectedOf(fault)).bad?.fieldViolations.map(({ field }) => field);
    expect(fields(new Fault("FIELD_REQUIRED", "a is long", { field: "entity.a", violations: found }))).toEqual([
      "entity.a",
      "entity.b",
    ]);
    expect(fields(new Fault("FIELD_REQUIRED", "a is long", { field: "entity.a" }))).toEqual(["entity.a"]);
  });

  test("always fits into 4 KiB, and keeps its reason and a well-formed text", () => {
    const text = fc.string({
      unit: fc.oneof(fc.constantFrom("\ud800", "😀", "\0", "ä"), fc.string()),
      maxLength: 3_000,
    });
    const violations = fc.array(fc.record({ field: text, description: text }), { maxLength: 40 });
    fc.assert(
      fc.property(text, violations, text, (message, found, constraint) => {
        const rejected = rejectedOf(new Fault("FIELD_INVALID", message, { field: "x", violations: found, constraint }));
        expect(rejected.details.length).toBeLessThan(4_096);
        expect(rejected.message.isWellFormed()).toBe(true);
        expect(detailsOf(rejected).info?.reason).toBe("FIELD_INVALID");
      }),
      { numRuns: 50 },
    );
  });
});

describe("anything else", () => {
  const where = { operation: "Get", requestId: "r" };

  test("is INTERNAL with an incident that only the log explains", () => {
    const lines: object[] = [];
    const rejecter = createRejecter({ error: (fields) => lines.push(fields) }, () => "i-1");
    const rejected = rejecter.reject(new Error("password hunter2"), where);
    expect(rejected.code).toBe(13);
    expect(
      JSON.stringify(detailsOf(rejected).status, (_, value: unknown) =>
        typeof value === "bigint" ? String(value) : value,
      ),
    ).not.toContain("hunter2");
    expect(detailsOf(rejected).info?.metadata).toEqual({ incident: "i-1", operation: "Get" });
    expect(lines).toMatchObject([{ incident: "i-1", requestId: "r", err: { message: "password hunter2" } }]);
  });

  test("what is rejected already passes as it is", () => {
    const rejected = createRefusals()("draining");
    const rejecter = createRejecter({ error: () => {} }, () => "i");
    expect(rejecter.reject(rejected, where)).toBe(rejected);
    expect([rejected.code, detailsOf(rejected).info?.reason]).toEqual([14, "DRAINING"]);
  });
});
