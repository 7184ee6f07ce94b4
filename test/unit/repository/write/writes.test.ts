/** Create, Update, Put, Delete, Undelete and Get on memory, once as itself and once as the poorest engine. */

import { describe, expect, it } from "vitest";
import type { Adapter, WriteOutcome, WriteResult } from "../../../../src/adapter/adapter.ts";
import {
  at,
  creating,
  deleting,
  eq,
  existing,
  faultOf,
  field,
  fixture,
  getting,
  idOf,
  putting,
  row,
  sparse,
  START,
  undeleting,
  updating,
  nthVersion,
} from "../fixture.ts";

const PROFILES = [undefined, "weak", "partitioned"] as const;

describe.each(PROFILES)("a repository on memory (%s)", (profile) => {
  const open = (more: Parameters<typeof fixture>[0] = {}): ReturnType<typeof fixture> =>
    fixture(profile ? { profile, ...more } : more);

  it("creates with generated and managed fields, and reads the same back", async () => {
    const { repository, call } = await open();
    const { entity, created } = await repository.create(creating({ customer: "c" }), call);
    expect(created).toBe(true);
    expect(field(entity, "id")).toMatch(/^[\da-f]{8}-[\da-f]{4}-7/);
    expect(field(entity, "code")).toMatch(/^[\dA-Z]{26}$/);
    expect(field(entity, "version")).toBe(nthVersion(1n));
    expect(field(entity, "created_at")).toBe(START);
    const read = await repository.get(getting(idOf(entity)), call);
    expect(read.record).toEqual(entity?.record);
  });

  it("refuses a taken key, and says when a soft-deleted row has it", async () => {
    const { repository, call } = await open();
    await repository.create(creating({ id: "1" }), call);
    expect((await faultOf(repository.create(creating({ id: "1" }), call))).reason).toBe("KEY_EXISTS");
    await repository.delete(deleting("1"), call);
    const fault = await faultOf(repository.create(creating({ id: "1" }), call));
    expect(fault.detail).toMatchObject({
      entity: "test.Order",
      store: "main",
      operation: "Create",
      metadata: { deleted: "true" },
    });
  });

  it("ignores managed fields in an entity", async () => {
    const { repository, call } = await open();
    const { entity } = await repository.create(
      creating({ id: "1", version: 9n, created_at: 5n, deleted_at: 5n }),
      call,
    );
    expect([field(entity, "version"), field(entity, "created_at"), field(entity, "deleted_at")]).toEqual([
      nthVersion(1n),
      START,
      undefined,
    ]);
  });

  it("updates by mask, increments, appends and removes in one step", async () => {
    const { repository, call } = await open();
    await repository.create(creating({ id: "1", attempts: 4n, tags: ["a", "b"], notes: ["x"], customer: "c" }), call);
    const request = updating(
      { id: "1", status: 3 },
      {
        updateMask: ["status", "customer"],
        increment: sparse({ attempts: 2n, total: 150n }),
        append: sparse({ notes: ["y"] }),
        remove: sparse({ tags: ["a"] }),
      },
    );
    const { entity, created } = await repository.update(request, call);
    expect(created).toBe(false);
    expect(
      ["status", "customer", "attempts", "total", "notes", "tags", "version"].map((name) => field(entity, name)),
    ).toEqual([3, undefined, 6n, 150n, ["x", "y"], ["b"], nthVersion(2n)]);
  });

  it("tells a stale version, a false condition and a missing row apart, and changes nothing", async () => {
    const { repository, call } = await open();
    await repository.create(creating({ id: "1", status: 1 }), call);
    const reasons = [
      await faultOf(repository.update(updating({ id: "1", status: 2 }, { expectedVersion: 7n }), call)),
      await faultOf(repository.update(updating({ id: "1", status: 2 }, { condition: eq("status", 5) }), call)),
      await faultOf(repository.update(updating({ id: "2", status: 2 }), call)),
      await faultOf(repository.put(putting({ id: "2" }, { condition: eq("status", 5) }), call)),
      await faultOf(
        repository.update(updating({ id: "1", number: "n" }, { condition: { kind: "const", value: false } }), call),
      ),
    ].map((fault) => fault.reason);
    expect(reasons).toEqual([
      "VERSION_MISMATCH",
      "CONDITION_FAILED",
      "ROW_NOT_FOUND",
      "ROW_NOT_FOUND",
      "CONDITION_FAILED",
    ]);
    expect(field(await repository.get(getting("1"), call), "status")).toBe(1);
  });

  it("keeps immutable fields, and names the one that was to change", async () => {
    const { repository, call } = await open();
    await repository.create(creating({ id: "1", number: "n1" }), call);
    const fault = await faultOf(repository.update(updating({ id: "1", number: "n2" }), call));
    expect([fault.reason, fault.detail.field]).toEqual(["FIELD_IMMUTABLE", "number"]);
    const put = await repository.put(putting({ id: "1", status: 1 }), call);
    expect(field(put.entity, "number")).toBe("n1");
  });

  it("refuses arithmetic outside the type", async () => {
    const { repository, call } = await open();
    await repository.create(creating({ id: "1", total: 999_999n }), call);
    const fault = await faultOf(repository.update(updating({ id: "1" }, { increment: sparse({ total: 1n }) }), call));
    expect([fault.reason, fault.detail.field]).toEqual(["VALUE_OUT_OF_RANGE", "total"]);
  });

  it("inserts by Update and Put, and says so", async () => {
    const { repository, call } = await open();
    const inserted = await repository.update(
      updating({ id: "1", title: "t", attempts: 1n }, { allowMissing: true }),
      call,
    );
    const put = await repository.put(putting({ id: "2" }), call);
    const again = await repository.put(putting({ id: "2" }), call);
    expect([inserted.created, put.created, again.created]).toEqual([true, true, false]);
    expect(field(inserted.entity, "code")).toMatch(/^[\dA-Z]{26}$/);
    const fault = await faultOf(repository.update(updating({ id: "3", status: 1 }, { allowMissing: true }), call));
    expect([fault.reason, fault.detail.field]).toEqual(["FIELD_REQUIRED", "title"]);
  });

  it("marks, hides, shows and restores a soft-deleted row", async () => {
    const { repository, call } = await open();
    await repository.create(creating({ id: "1" }), call);
    const { entity } = await repository.delete(deleting("1"), call);
    expect([field(entity, "deleted_at"), field(entity, "version")]).toEqual([START, nthVersion(2n)]);
    expect((await faultOf(repository.get(getting("1"), call))).reason).toBe("ROW_NOT_FOUND");
    expect(await repository.exists(existing({ target: "key", key: ["t", "1"] }), call)).toBe(false);
    expect(field(await repository.get(getting("1", { showDeleted: true }), call), "deleted_at")).toBe(START);
    expect((await faultOf(repository.delete(deleting("1"), call))).reason).toBe("ROW_NOT_FOUND");
    expect(await repository.delete(deleting("1", { allowMissing: true }), call)).toEqual({
      entity: undefined,
      created: false,
    });
    const restored = await repository.undelete(undeleting("1"), call);
    expect([field(restored.entity, "deleted_at"), field(restored.entity, "version")]).toEqual([
      undefined,
      nthVersion(3n),
    ]);
    const gone = await repository.delete(deleting("1", { permanent: true }), call);
    expect(field(gone.entity, "version")).toBe(nthVersion(3n));
    expect((await faultOf(repository.undelete(undeleting("1"), call))).reason).toBe("ROW_NOT_FOUND");
  });

  it("takes an expired row for absent", async () => {
    const { repository, call, clock } = await open();
    await repository.create(creating({ id: "1", expires_at: START + 1_000_000_000n }), call);
    clock.moment += 1_000_000_000n;
    expect((await faultOf(repository.get(getting("1"), call))).reason).toBe("ROW_NOT_FOUND");
    expect((await faultOf(repository.update(updating({ id: "1", status: 1 }), call))).reason).toBe("ROW_NOT_FOUND");
    expect((await repository.create(creating({ id: "1" }), call)).created).toBe(true);
  });

  it("answers key and version beside a mask, and the key alone where a write asks for no more", async () => {
    const { repository, call } = await open();
    const created = await repository.create(creating({ id: "1", status: 4 }, { readMask: ["id"] }), call);
    expect(created.entity?.fields).toEqual([at("tenant"), at("id")]);
    const read = await repository.get(getting("1", { readMask: ["status"] }), call);
    expect(read.fields).toEqual([at("tenant"), at("id"), at("status"), at("version")]);
    expect(field(read, "status")).toBe(4);
    expect((await repository.get(getting("1", { readMask: ["id"] }), call)).fields).toEqual([
      at("tenant"),
      at("id"),
      at("version"),
    ]);
    const updated = await repository.update(updating({ id: "1", status: 5 }, { readMask: ["tenant"] }), call);
    expect(field(updated.entity, "id")).toBe("1");
  });

  it("loses no concurrent increment", async () => {
    const { repository, call } = await open();
    await repository.create(creating({ id: "1" }), call);
    const one = (): Promise<unknown> =>
      repository.update(updating({ id: "1" }, { increment: sparse({ attempts: 1n }) }), call);
    await Promise.all(Array.from({ length: 64 }, one));
    expect(field(await repository.get(getting("1"), call), "attempts")).toBe(64n);
  });

  it("writes nothing under validate_only, and answers what would be stored", async () => {
    const { repository, call } = await open();
    const { entity } = await repository.create(creating({ id: "1", tags: ["a", "a"] }, { validateOnly: true }), call);
    expect([field(entity, "tags"), field(entity, "version")]).toEqual([["a"], nthVersion(1n)]);
    expect((await faultOf(repository.get(getting("1"), call))).reason).toBe("ROW_NOT_FOUND");
    const deleted = await repository.delete(deleting("9", { validateOnly: true }), call);
    expect(field(deleted.entity, "id")).toBe("9");
    const updated = await repository.update(updating({ id: "9", status: 3 }, { validateOnly: true }), call);
    expect(field(updated.entity, "status")).toBe(3);
  });
});

describe("bad input", () => {
  it.each([
    ["no entity", creating({}, { entity: undefined }), "FIELD_REQUIRED", "entity"],
    ["no key", creating({ tenant: "" }), "KEY_INCOMPLETE", "entity.tenant"],
    ["no required field", creating({}, { entity: sparse({ tenant: "t" }) }), "FIELD_REQUIRED", "entity.title"],
    ["a long string", creating({ customer: "😀".repeat(11) }), "VALUE_TOO_LONG", "entity.customer"],
    ["a long key", creating({ id: "x".repeat(41) }), "VALUE_TOO_LONG", "id"],
    ["a wrong mask", creating({}, { readMask: ["nothing"] }), "MASK_INVALID", "read_mask"],
    ["a bad request_id", creating({}, { requestId: "a\u0007" }), "REQUEST_ID_INVALID", "request_id"],
    ["a long request_id", creating({}, { requestId: "a".repeat(65) }), "REQUEST_ID_INVALID", "request_id"],
    ["a level it lacks", creating({}, { consistency: "quorum" }), "CAPABILITY_MISSING", "consistency"],
  ] as const)("refuses %s", async (_what, request, reason, path) => {
    const { repository, call } = await fixture();
    const fault = await faultOf(repository.create(request, call));
    expect([fault.reason, fault.detail.field]).toEqual([reason, path]);
  });

  it("takes ten characters of two UTF-16 units for ten", async () => {
    const { repository, call } = await fixture();
    expect((await repository.create(creating({ customer: "😀".repeat(10) }), call)).created).toBe(true);
  });

  it("finds everything at once", async () => {
    const { repository, call } = await fixture();
    const fault = await faultOf(
      repository.create(creating({}, { entity: sparse({ tenant: "t", customer: "x".repeat(11) }) }), call),
    );
    expect(fault.detail.violations?.map((one) => one.field)).toEqual(["entity.customer", "entity.title"]);
  });

  it("refuses a large row", async () => {
    const { repository, call } = await fixture({ limits: { rowBytes: 1_000 } });
    expect((await faultOf(repository.create(creating({ notes: ["x".repeat(1_000)] }), call))).reason).toBe(
      "ROW_TOO_LARGE",
    );
  });

  it("refuses an expected version beside allow_missing, an empty condition, and restore where it is not allowed", async () => {
    const { repository, call } = await fixture();
    const reasons = [
      await faultOf(
        repository.update(updating({ id: "1", status: 1 }, { expectedVersion: 1n, allowMissing: true }), call),
      ),
      await faultOf(repository.delete(deleting("1", { expectedVersion: 1n, allowMissing: true }), call)),
      await faultOf(repository.put(putting({ id: "1" }, { condition: { kind: "group", op: "and", terms: [] } }), call)),
      await faultOf(repository.put(putting({ id: "1" }, { restore: true }), call)),
    ].map((fault) => fault.reason);
    expect(reasons).toEqual(["VERSION_UNEXPECTED", "VERSION_UNEXPECTED", "EMPTY_PREDICATE", "RESTORE_NOT_ALLOWED"]);
  });

  it("restores managed fields as given where that is allowed", async () => {
    const { repository, call } = await fixture({ more: { restores: "allow" } });
    const { entity } = await repository.put(
      putting({ id: "1", version: 41n, created_at: 5n }, { restore: true }),
      call,
    );
    expect([field(entity, "version"), field(entity, "created_at")]).toEqual([41n, 5n]);
  });

  it("truncates timestamps to what the store keeps, keys and operands too", async () => {
    const { repository, call } = await fixture({ profile: "weak" });
    const { entity } = await repository.create(creating({ id: "1", due: 1_999_999n }), call);
    expect(field(entity, "due")).toBe(1_000_000n);
    expect(
      await repository.exists(existing({ target: "where", where: eq("due", 1_000_000n), allowScan: true }), call),
    ).toBe(true);
    expect(
      await repository.exists(existing({ target: "where", where: eq("due", 1_000_001n), allowScan: true }), call),
    ).toBe(false);
  });
});

describe("request_id", () => {
  it("applies once, and answers the first outcome although the row has changed since", async () => {
    const { repository, call } = await fixture();
    const request = updating({ id: "1" }, { requestId: "r1", increment: sparse({ attempts: 1n }) });
    await repository.create(creating({ id: "1" }), call);
    const first = await repository.update(request, call);
    await repository.update(updating({ id: "1", status: 8 }), call);
    const second = await repository.update({ ...request, readMask: ["attempts"] }, call);
    expect(second.entity?.record).toEqual(first.entity?.record);
    expect(field(await repository.get(getting("1"), call), "attempts")).toBe(1n);
  });

  it("is not taken for another payload or method", async () => {
    const { repository, call } = await fixture();
    await repository.create(creating({ id: "1" }, { requestId: "r1" }), call);
    const reasons = [
      await faultOf(repository.create(creating({ id: "2" }, { requestId: "r1" }), call)),
      await faultOf(repository.put(putting({ id: "1" }, { requestId: "r1" }), call)),
    ].map((fault) => fault.reason);
    expect(reasons).toEqual(["REQUEST_ID_REUSED", "REQUEST_ID_REUSED"]);
  });

  it("runs a repeat of a failed write anew, and one at a time", async () => {
    const { repository, call } = await fixture();
    const request = updating({ id: "1", status: 2 }, { requestId: "r1" });
    expect((await faultOf(repository.update(request, call))).reason).toBe("ROW_NOT_FOUND");
    await repository.create(creating({ id: "1" }), call);
    const both = await Promise.allSettled([repository.update(request, call), repository.update(request, call)]);
    expect(both.map((one) => one.status)).toEqual(["fulfilled", "rejected"]);
    expect(both[1]?.status === "rejected" && both[1].reason).toMatchObject({ reason: "REQUEST_IN_PROGRESS" });
  });

  it("is refused where the store cannot keep it", async () => {
    const { repository, call } = await fixture({ profile: "weak" });
    const fault = await faultOf(repository.create(creating({}, { requestId: "r" }), call));
    expect([fault.reason, fault.detail.metadata]).toEqual(["CAPABILITY_MISSING", { capability: "request_id" }]);
  });
});

describe("a store that only says that a write did not apply", () => {
  it("is asked for the row once, and the answer is a conflict where everything holds by then", async () => {
    const { repository, call } = await fixture({
      wrap: (adapter) => ({
        ...adapter,
        write: async (request) => ({ kind: "fresh", outcomes: request.mutations.map(() => ({ status: "rejected" })) }),
      }),
    });
    expect((await faultOf(repository.update(updating({ id: "1", status: 1 }), call))).reason).toBe("ROW_NOT_FOUND");
    expect((await faultOf(repository.create(creating({ id: "1" }), call))).reason).toBe("TRANSACTION_CONFLICT");
  });
});

describe("a conflict at the store", () => {
  it("is tried again while the call lasts, and other failures are not", async () => {
    let conflicts = 2;
    const { Fault } = await import("../../../../src/model/fault.ts");
    const { repository, call } = await fixture({
      wrap: (adapter) => ({
        ...adapter,
        write: async (request, given) => {
          if (conflicts-- > 0) throw new Fault("TRANSACTION_CONFLICT", "busy");
          return adapter.write(request, given);
        },
        read: async () => {
          throw new Fault("STORE_UNAVAILABLE", "down");
        },
      }),
    });
    expect((await repository.create(creating({ id: "1" }), call)).created).toBe(true);
    expect(conflicts).toBe(-1);
    expect((await faultOf(repository.get(getting("1"), call))).reason).toBe("STORE_UNAVAILABLE");
  });
});

it("sends an entity back as it was read without changing what the sidecar manages", async () => {
  const { repository, call } = await fixture();
  const { entity } = await repository.create(creating({ id: "1" }), call);
  const sent = await repository.put(putting({}, { entity: entity?.record ?? row() }), call);
  expect([field(sent.entity, "version"), field(sent.entity, "created_at")]).toEqual([nthVersion(2n), START]);
});

describe("a store that returns nothing and has no modify", () => {
  const silent = (between: () => Promise<void>): Parameters<typeof fixture>[0] => ({
    profile: "weak",
    wrap: (adapter) => ({
      ...adapter,
      capabilities: { ...adapter.capabilities, modify: { supported: false } },
      write: async (request, call) => {
        const result = await adapter.write(request, call);
        await between();
        return result;
      },
    }),
  });

  it("is answered for with what the write made of the row", async () => {
    const { repository, call } = await fixture(silent(async () => {}));
    await repository.create(creating({ id: "1" }), call);
    const updated = await repository.update(updating({ id: "1", status: 4 }), call);
    expect([field(updated.entity, "status"), field(updated.entity, "version")]).toEqual([4, nthVersion(2n)]);
    const gone = await repository.delete(deleting("1", { permanent: true }), call);
    expect([field(gone.entity, "status"), field(gone.entity, "version")]).toEqual([4, nthVersion(2n)]);
  });

  it("is answered for with the row as found, where others wrote in between", async () => {
    let interfere = async (): Promise<void> => {};
    const { repository, call } = await fixture(silent(() => interfere()));
    await repository.create(creating({ id: "1" }), call);
    interfere = async () => {
      interfere = async () => {};
      await repository.update(updating({ id: "1", attempts: 9n }, { readMask: ["id"] }), call);
    };
    const { entity } = await repository.update(updating({ id: "1", status: 4 }), call);
    expect([field(entity, "attempts"), field(entity, "version")]).toEqual([9n, nthVersion(3n)]);
  });

  it("refuses conditions by name", async () => {
    const { repository, call } = await fixture(silent(async () => {}));
    const fault = await faultOf(repository.update(updating({ id: "1", status: 1 }, { expectedVersion: 1n }), call));
    expect(fault.detail.metadata).toEqual({ capability: "conditional_write" });
  });
});

describe("a store that answers the row of a rejected write", () => {
  it("is not asked for it again", async () => {
    const outcomeOf = async (isTold: boolean): Promise<readonly [unknown, number]> => {
      let reads = 0;
      const wrap = (adapter: Adapter): Adapter => ({
        ...adapter,
        read: (request, call) => (reads++, adapter.read(request, call)),
        write: async (request, call) => (isTold ? adapter.write(request, call) : untold(adapter.write(request, call))),
      });
      const { repository, call } = await fixture({ profile: "partitioned", wrap });
      await repository.create(creating({ id: "1" }), call);
      await repository.delete(deleting("1"), call);
      reads = 0;
      const fault = await faultOf(repository.create(creating({ id: "1" }), call));
      return [fault.detail.metadata, reads];
    };
    expect(await outcomeOf(true)).toEqual([{ deleted: "true" }, 0]);
    expect(await outcomeOf(false)).toEqual([{ deleted: "true" }, 1]);
  });
});

async function untold(writing: Promise<WriteResult>): Promise<WriteResult> {
  const result = await writing;
  if (result.kind === "reused") return result;
  const outcomes = result.outcomes.map((each): WriteOutcome =>
    each.status === "rejected" ? { status: "rejected" } : each,
  );
  return { ...result, outcomes };
}
