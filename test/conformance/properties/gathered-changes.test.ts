/**
 * Updates and Deletes that share a statement are answered, and leave rows, as if each were decided by itself under a lock, those of one key in the order
 * in which they came.
 */

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Adapter, WriteOutcome } from "../../../src/adapter/adapter.ts";
import { createCall, type Call } from "../../../src/model/call.ts";
import type { EntityModel } from "../../../src/model/entity.ts";
import type { Filter } from "../../../src/model/filter.ts";
import type { Change, Mutation } from "../../../src/model/mutation.ts";
import { emptyRecord } from "../../../src/model/record.ts";
import type { MutableRecord, Value } from "../../../src/model/value.ts";
import { entities, stores, type OpenedSubject } from "../stores.ts";

/** Milliseconds: the store is a server that other tests keep busy too. */
const LIMIT = 180_000;
const SECOND = 1_000_000_000n;
const NOW = 1_767_323_045_678_000_000n;

/** Stores whose Updates share statements or transactions, and how many waves. */
const GATHERING = [
  { name: "PostgreSQL", waves: 200 },
  { name: "MariaDB", waves: 60 },
];

interface Row {
  readonly fields: { readonly [name: string]: Value };
  readonly isThere: boolean;
}

/** Fields by name. Those of one wave are drawn of few kinds, so that many are alike. */
interface Write {
  readonly key: number;
  readonly remove?: "softly" | "for good";
  readonly restore?: boolean;
  readonly append?: { readonly [name: string]: Value };
  readonly condition?: Filter | undefined;
  readonly set?: { readonly [name: string]: Value | undefined };
  readonly increment?: { readonly [name: string]: number | bigint };
  readonly version?: bigint | undefined;
  readonly mostBytes?: number | undefined;
  readonly allowMissing?: boolean;
}

interface Wave {
  readonly entity: EntityModel;
  readonly rows: readonly Row[];
  readonly writes: readonly Write[];
}

const KEYS = 6;
/** Rows that hold a unique value: one that is live, and one that has expired where rows can. */
const [HELD, GONE] = [KEYS, KEYS + 1];

const key = fc.nat({ max: KEYS - 1 });
const names = fc.constantFrom("", "a", "\u00e9\u{1F600}", '\u0001{,\\"NULL}', "x".repeat(900), undefined);
const longs = fc.constantFrom(-(2n ** 63n), -1n, 0n, 1n, 2n ** 63n - 1n);
const unsigned = fc.constantFrom(0n, 1n, 2n ** 63n, 2n ** 64n - 1n);
const money = fc.constantFrom(-999_999_999_999_999_999n, -1n, 100n, 999_999_999_999_999_999n);
const versions = fc.constantFrom(1n, 2n, 3n, undefined);
const limits = fc.constantFrom(100, 4_000, 1_000_000);

const conditions = fc.constantFrom("n", "a").map((value): Filter => ({
  kind: "condition",
  op: "eq",
  ordinal: ordinalOf(entityOf("Account"), "name"),
  value,
}));

/** A value that no other key takes, one that another row has, or none: the order of what comes together says nothing. */
const uniqueOf = (number: number): fc.Arbitrary<string | undefined> =>
  fc.constantFrom(`own ${number}`, "held", undefined, ...(number === 0 ? ["gone"] : []));

type Kind = (number: number) => fc.Arbitrary<Omit<Write, "key">>;

const ACCOUNT: readonly Kind[] = [
  () => fc.record({ set: fc.record({ name: names, status: names }) }),
  () => fc.record({ set: fc.record({ name: names }), version: versions }),
  (number) => fc.record({ set: fc.record({ email: uniqueOf(number) }), allowMissing: fc.boolean() }),
  () => fc.record({ increment: fc.record({ int64_count: longs, balance: money, plain_count: longs }) }),
  () => fc.record({ increment: fc.record({ uint64_count: unsigned }), set: fc.record({ status: names }) }),
  () => fc.record({ set: fc.record({ name: names }), mostBytes: limits }),
  () => fc.record({ increment: fc.record({ plain_count: longs }), set: fc.record({ name: names }), mostBytes: limits }),
  () => fc.record({ append: fc.record({ notes: fc.constantFrom(["x"], ["y", "z"]) }), version: versions }),
  () => fc.record({ increment: fc.record({ double_sum: fc.constantFrom(0.1, Number.MAX_VALUE) }) }),
  () => fc.record({ set: fc.record({ name: names }), condition: conditions }),
  () => fc.record({ restore: fc.constant(true) }),
  () => fc.record({ remove: fc.constant("softly" as const), version: versions }),
  () => fc.record({ remove: fc.constant("for good" as const) }),
];

const TICKET: readonly Kind[] = [
  () => fc.record({ set: fc.record({ holder: names, seat: fc.constantFrom(-1, 0, 7, undefined) }) }),
  (number) => fc.record({ set: fc.record({ code: uniqueOf(number) }), allowMissing: fc.boolean() }),
  () => fc.record({ set: fc.record({ expires_at: fc.constantFrom(NOW - SECOND, NOW + 9n * SECOND, undefined) }) }),
  () => fc.record({ increment: fc.record({ seat: fc.constantFrom(-1, 1, 2_147_483_647) }) }),
  () => fc.record({ remove: fc.constant("for good" as const) }),
];

const accountRow: fc.Arbitrary<Row> = fc.record({
  isThere: fc.nat({ max: 4 }).map((chance) => chance > 0),
  fields: fc.record(
    {
      name: fc.constantFrom("n", "x".repeat(5_000)),
      int64_count: longs,
      uint64_count: unsigned,
      balance: money,
      deleted_at: fc.constant(NOW - SECOND),
    },
    { requiredKeys: [] },
  ),
});

const ticketRow: fc.Arbitrary<Row> = fc.record({
  isThere: fc.nat({ max: 4 }).map((chance) => chance > 0),
  fields: fc.record(
    {
      holder: fc.constant("h"),
      seat: fc.constantFrom(0, 3),
      expires_at: fc.constantFrom(NOW - SECOND, NOW, NOW + SECOND),
    },
    { requiredKeys: [] },
  ),
});

function waveOf(name: string, row: fc.Arbitrary<Row>, kinds: readonly Kind[]): fc.Arbitrary<Wave> {
  const writes = fc.subarray([...kinds], { minLength: 1, maxLength: 3 }).chain((some) =>
    fc.array(
      fc
        .tuple(key, fc.constantFrom(...some))
        .chain(([number, kind]) => kind(number).map((write): Write => ({ key: number, ...write }))),
      { minLength: 2, maxLength: 14 },
    ),
  );
  return fc
    .record({ rows: fc.array(row, { minLength: KEYS, maxLength: KEYS }), writes })
    .map(({ rows, writes: drawn }) => ({ entity: entityOf(name), rows, writes: drawn.filter(isOfTwo) }));
}

/** Whether there is at most one of its key before it. */
function isOfTwo(write: Write, at: number, all: readonly Write[]): boolean {
  return all.slice(0, at).filter((other) => other.key === write.key).length < 2;
}

const waves = fc.oneof(waveOf("Account", accountRow, ACCOUNT), waveOf("Ticket", ticketRow, TICKET));

function entityOf(name: string): EntityModel {
  const found = entities.find((entity) => entity.name === `test.v1.${name}`);
  if (!found) throw new TypeError(`there is no ${name} in test/entities`);
  return found;
}

function ordinalOf(entity: EntityModel, name: string): number {
  const field = entity.fields.find((each) => each.name === name);
  if (!field) throw new TypeError(`${entity.name} has no ${name}`);
  return field.ordinal;
}

const freshCall = (): Call => createCall({ timeout: 60_000, requestId: "gathered" }).call;
const asked = { returning: true, consistency: undefined } as const;

/** Unique values are kept apart like keys: by texts of one length, so that rows are as large. */
function apart(run: string, value: Value | undefined, name: string): Value | undefined {
  return (name === "email" || name === "code") && typeof value === "string" ? `${run}${value}` : value;
}

function rowsOf({ entity, rows }: Wave, run: string): readonly Mutation[] {
  const unique = entity.name.endsWith("Ticket") ? "code" : "email";
  const expired = entity.managed.expiresAt === undefined ? {} : { expires_at: NOW - SECOND };
  const all = [
    ...rows,
    { isThere: true, fields: { [unique]: "held" } },
    { isThere: true, fields: { [unique]: "gone", ...expired } },
  ];
  return all.flatMap(({ isThere, fields }, number) => {
    if (!isThere && number !== HELD && number !== GONE) return [];
    const record: MutableRecord = [...emptyRecord(entity.message)];
    record[0] = `${run}${number}`;
    const { createdAt, updatedAt, version } = entity.managed;
    for (const ordinal of [createdAt, updatedAt]) if (ordinal !== undefined) record[ordinal] = NOW - SECOND;
    if (version !== undefined) record[version] = 1n;
    for (const [name, value] of Object.entries(fields)) record[ordinalOf(entity, name)] = apart(run, value, name);
    return [{ kind: "create", entity, key: [`${run}${number}`], now: NOW, record }];
  });
}

/** Each has a time of its own, as writes of several callers have. */
function mutationOf(entity: EntityModel, write: Write, run: string, at: number): Mutation {
  const { version, mostBytes, condition, allowMissing = false } = write;
  const base = {
    entity,
    key: [`${run}${write.key}`],
    now: NOW + BigInt(at) * 1_000n,
    precondition: { ...(version !== undefined && { version }), ...(condition && { condition }) },
    ...(mostBytes !== undefined && { mostBytes }),
  };
  if (write.remove !== undefined) return { ...base, kind: "delete", soft: write.remove === "softly", allowMissing };
  if (write.restore) return { ...base, kind: "undelete" };
  const changes: Change[] = [
    ...Object.entries(write.append ?? {}).map(([name, value]): Change => ({
      kind: "append",
      ordinal: ordinalOf(entity, name),
      value,
    })),
    ...Object.entries(write.set ?? {}).map(([name, value]): Change => ({
      kind: "set",
      ordinal: ordinalOf(entity, name),
      value: apart(run, value, name),
    })),
    ...Object.entries(write.increment ?? {}).map(([name, by]): Change => ({
      kind: "increment",
      ordinal: ordinalOf(entity, name),
      by,
    })),
  ];
  return { ...base, kind: "update", changes, allowMissing, generated: [] };
}

function plainly(value: Value | undefined, run: string): unknown {
  return typeof value === "string" ? value.replace(run, "") : value;
}

/** Without what keeps the runs apart. */
function told(outcome: WriteOutcome | undefined, run: string): unknown {
  if (outcome?.status === "failed") return String(outcome.error);
  if (outcome?.status !== "applied") return outcome;
  const { record, created, found } = outcome;
  return { status: "applied", created, found, record: record?.map((value) => plainly(value, run)) };
}

async function ask(adapter: Adapter, mutation: Mutation, images: boolean): Promise<WriteOutcome | undefined> {
  const request = { ...asked, mutations: [mutation], atomic: false, ...(images && { images }) };
  const result = await adapter.write(request, freshCall());
  return result.kind === "reused" ? undefined : result.outcomes[0];
}

/** What was answered of each key, in the order in which it was asked, and its row at the end. */
type Story = readonly { readonly answers: readonly unknown[]; readonly row: unknown }[];

async function storyOf(adapter: Adapter, wave: Wave, run: string, outcomes: readonly unknown[]): Promise<Story> {
  const { entity, writes } = wave;
  const keys = Array.from({ length: GONE + 1 }, (_, number) => ({ entity, key: [`${run}${number}`] }));
  const rows = await adapter.read({ keys, fields: undefined, consistency: undefined }, freshCall());
  return rows.map((row, number) => ({
    answers: outcomes.filter((_, i) => writes[i]?.key === number),
    row: row.status === "found" ? row.record.map((value) => plainly(value, run)) : row.status,
  }));
}

async function performed(adapter: Adapter, wave: Wave, run: string, way: "together" | "in turn"): Promise<Story> {
  const { entity, writes } = wave;
  await adapter.write({ ...asked, mutations: rowsOf(wave, run), atomic: true }, freshCall());
  const outcomes: unknown[] = [];
  const perform = async (write: Write, at: number): Promise<void> => {
    // What asks for images is decided under a lock.
    const outcome = await ask(adapter, mutationOf(entity, write, run, at), way !== "together");
    outcomes[at] = told(outcome, run);
  };
  if (way === "together") await Promise.all(writes.map(perform));
  else for (const [at, write] of writes.entries()) await perform(write, at);
  return storyOf(adapter, wave, run, outcomes);
}

describe.each(GATHERING)("Updates and Deletes on $name", ({ name, waves: count }) => {
  let opened: OpenedSubject;
  beforeAll(async () => {
    const store = stores.find((each) => each.name === name);
    if (!store) throw new TypeError(`there is no store ${name}`);
    opened = await store.open();
  });
  afterAll(() => opened.close());

  test(
    `${count} waves that come together are answered as one by one`,
    async () => {
      expect.hasAssertions();
      const { adapter } = opened.subject;
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(waves, async (wave) => {
          const number = String(runs++).padStart(5, "0");
          const story = await performed(adapter, wave, `t${number}-`, "together");
          expect(story).toEqual(await performed(adapter, wave, `f${number}-`, "in turn"));
        }),
        { numRuns: count },
      );
    },
    LIMIT,
  );
});
