/** What stores in this process publish, by name: clauses and callers are refused or served by it, so that a name lost says nothing by itself. */

import { describe, expect, it } from "vitest";
import { existsSync } from "node:fs";
import {
  CAPABILITIES,
  DONE_BY,
  MEMBER_OF,
  has,
  limitOf,
  type Capabilities,
  type CapabilityName,
} from "../../../src/adapter/capabilities.ts";
import type { Adapter } from "../../../src/adapter/adapter.ts";
import { unmet } from "../../conformance/clause.ts";
import { clauses } from "../../conformance/clauses/all.ts";
import { openingClauses } from "../../conformance/opening/all.ts";
import { openMemory } from "../../conformance/stores.ts";
import { CAPABILITIES_OF_KV } from "../../../src/adapter/kv/capabilities.ts";
import { reference, weak, weakPartitioned } from "../../../src/adapter/memory/profile.ts";
import { sqliteCapabilities } from "../../../src/adapter/sqlite/capabilities.ts";

const names = Object.keys(CAPABILITIES) as readonly CapabilityName[]; // of a constant

const listed = (text: string): readonly string[] => text.trim().split(/\s+/u);

/** None of these stores has them. */
const NOWHERE = listed(`begin estimated_total node_numbers references statements cancel
  partition_batch partition_execute partition_request_id`);

describe("what is not published", () => {
  it.each<[store: string, published: Capabilities, missing: string]>([
    ["memory", reference.capabilities, "single_process durable sequence"],
    [
      "weak memory",
      weak.capabilities,
      `conditional_write returning increment collections images derived_rows request_id execute_read consistent_read count
       exact_total skip key_order partition_order index_order tie_order index_partition_order range absent_in_index
       timestamp_nanos consistency single_process durable parallel_scan scan_continue entity_collections sequence`,
    ],
    [
      "partitioned memory",
      weakPartitioned.capabilities,
      `returning increment collections images derived_rows request_id execute_read consistent_read count exact_total skip
       key_order index_order absent_in_index timestamp_nanos consistency single_process durable parallel_scan scan_continue
       sequence`,
    ],
    ["kv", CAPABILITIES_OF_KV, "modify parallel_scan scan_continue sequence"],
    [
      "SQLite",
      sqliteCapabilities({ durable: true, keepsRequests: true }),
      "parallel_scan scan_continue modify timestamp_nanos single_process",
    ],
    [
      "SQLite in memory, without a table for outcomes",
      sqliteCapabilities({ durable: false, keepsRequests: false }),
      "parallel_scan scan_continue modify request_id sequence timestamp_nanos single_process durable",
    ],
  ])("by %s", (_store, published, missing) => {
    const expected = [...NOWHERE, ...listed(missing)];
    expect(names.filter((name) => !has(published, name)).toSorted()).toEqual(expected.toSorted());
  });
});

/** What is not a clause's need is shown by these, which look at what is published themselves. */
const SHOWN_BY: { readonly [Name in CapabilityName]?: string } = {
  batch_get: "test/conformance/clauses/batch-get.ts",
  count: "test/conformance/clauses/count-exists.ts",
  timestamp_nanos: "test/conformance/clauses/managed-precision.ts",
  consistency: "test/conformance/clauses/capability-refused.ts",
  isolation: "test/conformance/clauses/capability-refused.ts",
  single_process: "test/conformance/opening/second-process.ts",
  cancel: "test/integration/link-faults.test.ts",
  scan_continue: "test/conformance/clauses/scan-segments.ts",
  node_numbers: "test/integration/cql-nodes.test.ts",
  statements: "test/integration/cql-options.test.ts",
  references: "test/integration/references.test.ts",
  sequence: "test/integration/sequence.test.ts",
};

/** Refused by every store so far; whoever publishes one brings its clause. */
const LATER = ["begin", "estimated_total"];

describe("who does what is published", () => {
  const needed = new Set(
    [...clauses, ...openingClauses.map(({ clause }) => clause)].flatMap(({ needs }) => needs.flat()),
  );

  it.each(names.filter((name) => !LATER.includes(name)))("%s: a clause needs it, or a test is named", (name) => {
    const shown = SHOWN_BY[name];
    expect({ needed: needed.has(name), file: shown !== undefined && existsSync(shown) }).toEqual({
      needed: shown === undefined,
      file: shown !== undefined,
    });
  });

  it("a member of the adapter is never what the repository does", () => {
    const members = Object.keys(MEMBER_OF) as readonly CapabilityName[]; // of a constant
    expect(members.filter((name) => DONE_BY[name] === "repository")).toEqual([]);
  });

  it("what an adapter need not do itself is done on one that does none of it", async () => {
    const { subject, close } = await openMemory(withoutEither);
    try {
      const held = clauses.filter((clause) => unmet(clause, subject.capabilities).length === 0);
      expect(held.length).toBeGreaterThan(100);
      for (const clause of held) await clause.run(subject);
      const needs = new Set(held.flatMap((clause) => clause.needs.flat()));
      expect(
        ["exact_total", "skip", "increment", "collections"].filter((name) => !needs.has(name as CapabilityName)),
      ).toEqual([]);
    } finally {
      await close();
    }
  });
});

/** Without anything that the repository can do in its place. */
function withoutEither(adapter: Adapter): Adapter {
  const rest: Adapter = { ...adapter };
  Reflect.deleteProperty(rest, "count");
  // Answers that are kept with a request_id need the row as it was written.
  const kept = names.filter((name) => DONE_BY[name] !== "either" && name !== "request_id");
  return {
    ...rest,
    capabilities: Object.fromEntries(kept.map((name) => [name, adapter.capabilities[name] ?? { supported: false }])),
  };
}

describe("a limit", () => {
  it("is 0 of what is missing, and none of what has no limit", () => {
    expect(limitOf({}, "skip")).toBe(0);
    expect(limitOf({ skip: { supported: false, limit: 7 } }, "skip")).toBe(0);
    expect(limitOf({ skip: { supported: true } }, "skip")).toBe(Infinity);
    expect(limitOf({ skip: { supported: true, limit: 7 } }, "skip")).toBe(7);
  });
});
