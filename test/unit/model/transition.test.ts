/** Every cell of the table of row states, and what an insert, a change and a deletion write. */

import { describe, expect, test } from "vitest";
import type { Change, Decision, Precondition, Mutation } from "../../../src/model/mutation.ts";
import { normalise } from "../../../src/model/record.ts";
import { recordBytes } from "../../../src/model/size.ts";
import { transition } from "../../../src/model/transition.ts";
import type { EntityRecord, Value } from "../../../src/model/value.ts";
import { entityOf, int64, ordinalOf, sparseOf, text, timestamp } from "./sample.ts";

const entity = entityOf({
  fields: {
    id: text,
    name: text,
    origin: { type: text, immutable: true },
    plain_origin: { type: int64, plain: true, immutable: true },
    trace: text,
    needed: { type: text, required: true },
    created_at: timestamp,
    updated_at: timestamp,
    deleted_at: timestamp,
    expires_at: timestamp,
    version: { type: int64, plain: true },
  },
  key: ["id"],
  managed: {
    createdAt: "created_at",
    updatedAt: "updated_at",
    deletedAt: "deleted_at",
    expiresAt: "expires_at",
    version: "version",
  },
});

const NOW = 1_000n;
const at = (name: string): number => ordinalOf(entity, name);
type Values = { readonly [name: string]: Value };
const row = (values: Values): EntityRecord => normalise(entity.message, sparseOf(entity, { id: "k", ...values }));

const live = row({ name: "old", origin: "o", needed: "n", created_at: 1n, updated_at: 2n, version: 7n });
const deleted = row({
  name: "old",
  origin: "o",
  needed: "n",
  created_at: 1n,
  updated_at: 2n,
  deleted_at: 3n,
  version: 7n,
});
const expired = row({ name: "old", needed: "n", created_at: 1n, expires_at: NOW, version: 7n });
const expiredDeleted = row({ name: "old", needed: "n", deleted_at: 3n, expires_at: 5n, version: 7n });

const base = { entity, key: ["k"], now: NOW };
const isOld = { kind: "condition", op: "eq", ordinal: at("name"), value: "old" } as const;
const isNew = { kind: "condition", op: "eq", ordinal: at("name"), value: "new" } as const;
const generated = [{ ordinal: at("trace"), value: "made" }];
const setName: Change = { kind: "set", ordinal: at("name"), value: "new" };
const setNeeded: Change = { kind: "set", ordinal: at("needed"), value: "n" };

const create: Mutation = { ...base, kind: "create", record: row({ name: "new", version: 1n }) };
const put = (values: Values = { name: "new" }, precondition?: Precondition, restore = false): Mutation => ({
  ...base,
  kind: "put",
  record: row(values),
  generated,
  restore,
  ...(precondition && { precondition }),
});
const update = (
  changes: readonly Change[] = [setName, setNeeded],
  options: { readonly allowMissing?: boolean; readonly precondition?: Precondition } = {},
): Mutation => ({
  ...base,
  kind: "update",
  changes,
  allowMissing: options.allowMissing ?? false,
  generated,
  ...(options.precondition && { precondition: options.precondition }),
});
const remove = (
  options: { readonly soft?: boolean; readonly allowMissing?: boolean; readonly precondition?: Precondition } = {},
): Mutation => ({
  ...base,
  kind: "delete",
  soft: options.soft ?? true,
  allowMissing: options.allowMissing ?? false,
  ...(options.precondition && { precondition: options.precondition }),
});
const undelete = (precondition?: Precondition): Mutation => ({
  ...base,
  kind: "undelete",
  ...(precondition && { precondition }),
});

/** A decision in few words. */
function summary(decision: Decision): string {
  switch (decision.action) {
    case "store":
      return decision.created ? "created" : "stored";
    case "remove":
      return "removed";
    case "keep":
      return decision.record ? "kept" : "nothing";
    case "reject":
      return decision.because.kind === "exists" && decision.because.deleted ? "exists deleted" : decision.because.kind;
  }
}

const precondition: Precondition = { version: 7n, condition: isOld };
const wrongVersion: Precondition = { version: 6n, condition: isNew };
const wrongCondition: Precondition = { version: 7n, condition: isNew };

describe("the table of row states", () => {
  const cells: readonly [string, Mutation, { none: string; deleted: string; live: string }][] = [
    ["create", create, { none: "created", deleted: "exists deleted", live: "exists" }],
    ["put", put(), { none: "created", deleted: "created", live: "stored" }],
    [
      "put with a true precondition",
      put({ name: "new" }, precondition),
      { none: "missing", deleted: "missing", live: "stored" },
    ],
    [
      "put with a stale version",
      put({ name: "new" }, wrongVersion),
      { none: "missing", deleted: "missing", live: "version" },
    ],
    [
      "put with a false condition",
      put({ name: "new" }, wrongCondition),
      { none: "missing", deleted: "missing", live: "condition" },
    ],
    ["update", update(), { none: "missing", deleted: "missing", live: "stored" }],
    [
      "update with a true precondition",
      update([setName], { precondition }),
      { none: "missing", deleted: "missing", live: "stored" },
    ],
    [
      "update with a stale version",
      update([setName], { precondition: wrongVersion }),
      { none: "missing", deleted: "missing", live: "version" },
    ],
    [
      "update with a false condition",
      update([setName], { precondition: wrongCondition }),
      { none: "missing", deleted: "missing", live: "condition" },
    ],
    [
      "update with allow_missing",
      update(undefined, { allowMissing: true }),
      { none: "created", deleted: "exists deleted", live: "stored" },
    ],
    [
      "update with allow_missing and a false condition",
      update(undefined, { allowMissing: true, precondition: { condition: isNew } }),
      { none: "created", deleted: "exists deleted", live: "condition" },
    ],
    ["delete", remove(), { none: "missing", deleted: "missing", live: "stored" }],
    [
      "delete with allow_missing",
      remove({ allowMissing: true }),
      { none: "nothing", deleted: "nothing", live: "stored" },
    ],
    ["permanent delete", remove({ soft: false }), { none: "missing", deleted: "removed", live: "removed" }],
    [
      "permanent delete with allow_missing",
      remove({ soft: false, allowMissing: true }),
      { none: "nothing", deleted: "removed", live: "removed" },
    ],
    [
      "delete with a stale version",
      remove({ precondition: wrongVersion }),
      { none: "missing", deleted: "missing", live: "version" },
    ],
    [
      "permanent delete with a false condition",
      remove({ soft: false, precondition: wrongCondition }),
      { none: "missing", deleted: "condition", live: "condition" },
    ],
    ["undelete", undelete(), { none: "missing", deleted: "stored", live: "kept" }],
    [
      "undelete with a stale version",
      undelete({ version: 6n }),
      { none: "missing", deleted: "version", live: "version" },
    ],
  ];

  test.each(cells)("%s", (_name, mutation, cell) => {
    expect(summary(transition(mutation, undefined))).toBe(cell.none);
    expect(summary(transition(mutation, expired))).toBe(cell.none);
    expect(summary(transition(mutation, expiredDeleted))).toBe(cell.none);
    expect(summary(transition(mutation, deleted))).toBe(cell.deleted);
    expect(summary(transition(mutation, live))).toBe(cell.live);
  });

  test.each(cells)("%s leaves the row it was asked about as it was", (_name, mutation) => {
    const before = [...live];
    transition(mutation, live);
    expect(live).toEqual(before);
  });
});

function stored(mutation: Mutation, current: EntityRecord | undefined): (name: string) => Value | undefined {
  const decision = transition(mutation, current);
  if (decision.action !== "store") throw new Error(`it was ${summary(decision)}`);
  return (name) => decision.record[at(name)];
}

const states = (get: (name: string) => Value | undefined): readonly (Value | undefined)[] =>
  ["created_at", "updated_at", "deleted_at", "version"].map(get);

describe("managed fields", () => {
  test("a put that inserts starts counting at the present, and over an expired row above that row's version", () => {
    expect(states(stored(put(), undefined))).toEqual([NOW, NOW, undefined, NOW / 1_000n]);
    expect(states(stored(put(), expired))).toEqual([NOW, NOW, undefined, 8n]);
  });

  test("a put over a deleted row goes on counting, with a new created_at", () => {
    expect(states(stored(put(), deleted))).toEqual([NOW, NOW, undefined, 8n]);
  });

  test("a put over a live row keeps created_at", () => {
    expect(states(stored(put(), live))).toEqual([1n, NOW, undefined, 8n]);
  });

  test("a put writes the expires_at it is given", () => {
    expect(stored(put({ name: "new", expires_at: 5_000n }), live)("expires_at")).toBe(5_000n);
    expect(stored(put(), live)("expires_at")).toBeUndefined();
  });

  test("a restoring put stores what it is given", () => {
    const given = { name: "new", created_at: 11n, updated_at: 12n, deleted_at: 13n, version: 3n };
    for (const current of [undefined, deleted, live])
      expect(states(stored(put(given, undefined, true), current))).toEqual([11n, 12n, 13n, 3n]);
  });

  test("an update is a change even where no value changes", () => {
    const same = stored(update([{ kind: "set", ordinal: at("name"), value: "old" }]), live);
    expect(states(same)).toEqual([1n, NOW, undefined, 8n]);
  });

  test("an update that inserts makes a whole row", () => {
    const get = stored(update(undefined, { allowMissing: true }), undefined);
    expect(states(get)).toEqual([NOW, NOW, undefined, 1n]);
    expect(["id", "name", "trace", "plain_origin"].map(get)).toEqual(["k", "new", "made", 0n]);
  });

  test("deleting and undeleting are changes", () => {
    expect(states(stored(remove(), live))).toEqual([1n, NOW, NOW, 8n]);
    expect(states(stored(undelete(), deleted))).toEqual([1n, NOW, undefined, 8n]);
  });

  test("a removed row is answered as it was", () => {
    expect(transition(remove({ soft: false }), live)).toEqual({ action: "remove", record: live });
  });
});

describe("generated values", () => {
  test("fill what an insert leaves absent, and nothing else", () => {
    expect(stored(put(), undefined)("trace")).toBe("made");
    expect(stored(put(), deleted)("trace")).toBe("made");
    expect(stored(put({ trace: "given" }), undefined)("trace")).toBe("given");
    expect(stored(put(), live)("trace")).toBeUndefined();
    expect(stored(update(), live)("trace")).toBeUndefined();
  });
});

describe("immutable fields", () => {
  test("a put may repeat or leave out, but not change", () => {
    expect(stored(put({ name: "new" }), live)("origin")).toBe("o");
    expect(stored(put({ origin: "o" }), live)("origin")).toBe("o");
    expect(transition(put({ origin: "p" }), live)).toEqual({
      action: "reject",
      because: { kind: "immutable", ordinal: at("origin") },
    });
    expect(stored(put({ origin: "p" }), deleted)("origin")).toBe("p");
  });

  test("a plain zero counts as left out", () => {
    const numbered = row({ origin: "o", plain_origin: 4n, version: 1n });
    expect(stored(put({ name: "new" }), numbered)("plain_origin")).toBe(4n);
    expect(summary(transition(put({ plain_origin: 5n }), numbered))).toBe("immutable");
  });

  test("an update may set the same value alone", () => {
    const setOrigin = (value: Value | undefined): Mutation => update([{ kind: "set", ordinal: at("origin"), value }]);
    expect(summary(transition(setOrigin("o"), live))).toBe("stored");
    expect(summary(transition(setOrigin("p"), live))).toBe("immutable");
    expect(summary(transition(setOrigin(undefined), live))).toBe("immutable");
    expect(summary(transition(update([{ kind: "increment", ordinal: at("plain_origin"), by: 1n }]), live))).toBe(
      "immutable",
    );
  });
});

test("an insert by update must bring what is required", () => {
  expect(transition(update([setName], { allowMissing: true }), undefined)).toEqual({
    action: "reject",
    because: { kind: "required", ordinal: at("needed") },
  });
});

test("a stale version says which one was found", () => {
  expect(transition(update([setName], { precondition: wrongVersion }), live)).toEqual({
    action: "reject",
    because: { kind: "version", found: 7n },
  });
});

describe("the size of what is left", () => {
  const long = "x".repeat(1_000);
  const longer = `${long}x`;
  const bytes = recordBytes(
    entity.message,
    row({ name: "old", origin: "o", needed: "n", created_at: 1n, updated_at: NOW, version: 8n }),
  );
  const set = (name: string, value: Value | undefined): Change => ({ kind: "set", ordinal: at(name), value });
  const big = row({ name: long, origin: "o", needed: "n", updated_at: 2n, version: 7n });

  test("an update may fill the row to the limit, and not beyond", () => {
    const most = bytes + 10;
    expect(summary(transition({ ...update([set("name", "old".padEnd(13))]), mostBytes: most }, live))).toBe("stored");
    expect(transition({ ...update([set("name", "old".padEnd(14))]), mostBytes: most }, live)).toEqual({
      action: "reject",
      because: { kind: "size", of: "row", bytes: most + 1, most },
    });
  });

  test("what changes together counts together", () => {
    const swapped = [set("name", long), set("needed", "m")];
    expect(summary(transition({ ...update(swapped), mostBytes: 1_000 }, live))).toBe("size");
    const moved = [set("name", "m"), set("needed", long)];
    expect(summary(transition({ ...update(moved), mostBytes: 100 }, big))).toBe("stored");
  });

  test("a row that is too large already may shrink or stay, and not grow", () => {
    const limited = (changes: readonly Change[]): Mutation => ({ ...update(changes), mostBytes: 100 });
    expect(summary(transition(limited([set("name", "short")]), big))).toBe("stored");
    expect(summary(transition(limited([set("name", "y".repeat(1_000))]), big))).toBe("stored");
    expect(summary(transition(limited([set("name", longer)]), big))).toBe("size");
    expect(summary(transition({ ...put({ name: long.slice(1) }), mostBytes: 100 }, big))).toBe("stored");
    expect(summary(transition({ ...put({ name: longer, needed: "n" }), mostBytes: 100 }, big))).toBe("size");
    expect(
      summary(
        transition({ ...remove(), mostBytes: 100 }, row({ name: long, origin: "o", needed: "n", version: 127n })),
      ),
    ).toBe("stored");
  });

  test("a put counts what it keeps, and an insert what it generates", () => {
    const origin = row({ origin: long, version: 1n });
    expect(summary(transition({ ...put({ name: long }), mostBytes: 1_500 }, origin))).toBe("size");
    expect(summary(transition({ ...put({ name: long }), mostBytes: 1_500 }, undefined))).toBe("created");
    const made = { ...update([set("name", long), setNeeded], { allowMissing: true }), mostBytes: 1_000 };
    expect(summary(transition(made, undefined))).toBe("size");
  });

  test("guards are tested before", () => {
    const guarded = { ...update([set("name", longer)], { precondition: wrongVersion }), mostBytes: 1 };
    expect(summary(transition(guarded, live))).toBe("version");
  });

  test("the row as it is left must fit into the answer, in the fields that are shown", () => {
    const answer = { fields: undefined, mostBytes: 500 };
    for (const mutation of [update([setName]), put(), remove(), remove({ soft: false }), undelete()]) {
      const kept = row({ name: "old", origin: long, needed: "n", version: 1n });
      expect(summary(transition({ ...mutation, answer }, kept))).toBe("size");
      const shown = { fields: [at("id"), at("version")], mostBytes: 500 };
      expect(summary(transition({ ...mutation, answer: shown }, kept))).not.toBe("size");
    }
    expect(summary(transition({ ...remove({ allowMissing: true }), answer }, undefined))).toBe("nothing");
  });
});
