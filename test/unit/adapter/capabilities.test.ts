/** What stores in this process publish, by name: clauses and callers are refused or served by it, so that a name lost says nothing by itself. */

import { describe, expect, it } from "vitest";
import {
  CAPABILITIES,
  has,
  limitOf,
  type Capabilities,
  type CapabilityName,
} from "../../../src/adapter/capabilities.ts";
import { CAPABILITIES_OF_KV } from "../../../src/adapter/kv/capabilities.ts";
import { reference, weak, weakPartitioned } from "../../../src/adapter/memory/profile.ts";
import { sqliteCapabilities } from "../../../src/adapter/sqlite/capabilities.ts";

const names = Object.keys(CAPABILITIES) as readonly CapabilityName[]; // of a constant

const listed = (text: string): readonly string[] => text.trim().split(/\s+/u);

/** None of these stores has them. */
const NOWHERE = listed(`begin estimated_total references sequence statements cancel
  partition_batch partition_execute partition_request_id`);

describe("what is not published", () => {
  it.each<[store: string, published: Capabilities, missing: string]>([
    ["memory", reference.capabilities, "single_process durable"],
    [
      "weak memory",
      weak.capabilities,
      `conditional_write returning increment collections images derived_rows request_id execute_read consistent_read count
       exact_total skip key_order partition_order index_order tie_order index_partition_order range absent_in_index
       timestamp_nanos consistency single_process durable parallel_scan scan_continue`,
    ],
    [
      "partitioned memory",
      weakPartitioned.capabilities,
      `returning increment collections images derived_rows request_id execute_read consistent_read count exact_total skip
       key_order index_order absent_in_index timestamp_nanos consistency single_process durable parallel_scan scan_continue`,
    ],
    ["kv", CAPABILITIES_OF_KV, "modify parallel_scan scan_continue"],
    [
      "SQLite",
      sqliteCapabilities({ durable: true, keepsRequests: true }),
      "parallel_scan scan_continue modify timestamp_nanos single_process",
    ],
    [
      "SQLite in memory, without a table for outcomes",
      sqliteCapabilities({ durable: false, keepsRequests: false }),
      "parallel_scan scan_continue modify request_id timestamp_nanos single_process durable",
    ],
  ])("by %s", (_store, published, missing) => {
    const expected = [...NOWHERE, ...listed(missing)];
    expect(names.filter((name) => !has(published, name)).toSorted()).toEqual(expected.toSorted());
  });
});

describe("a limit", () => {
  it("is 0 of what is missing, and none of what has no limit", () => {
    expect(limitOf({}, "skip")).toBe(0);
    expect(limitOf({ skip: { supported: false, limit: 7 } }, "skip")).toBe(0);
    expect(limitOf({ skip: { supported: true } }, "skip")).toBe(Infinity);
    expect(limitOf({ skip: { supported: true, limit: 7 } }, "skip")).toBe(7);
  });
});
