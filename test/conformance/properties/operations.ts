/** Random operations on a few rows that meet each other: what property tests do to several stores alike. */

import fc from "fast-check";
import { Fault } from "../../../src/model/fault.ts";
import type { BatchItem } from "../../../src/repository/operation.ts";
import { ascending, type Plain, type PlainValue, type Where } from "../plain.ts";
import type { DeleteExtras, PreconditionExtras, ItemAnswer, Rows, UpdateExtras, WriteAnswer } from "../rows.ts";
import { SECOND, type Subject } from "../subject.ts";

export type Operation =
  | { readonly kind: "create"; readonly row: Row }
  | { readonly kind: "put"; readonly row: Row; readonly extras: PreconditionExtras }
  | { readonly kind: "update"; readonly row: Row; readonly extras: UpdateExtras }
  | { readonly kind: "delete"; readonly row: Row; readonly extras: DeleteExtras }
  | { readonly kind: "undelete"; readonly row: Row; readonly extras: { readonly expectedVersion?: bigint } }
  | { readonly kind: "batch"; readonly writes: readonly Operation[]; readonly atomic: boolean }
  | { readonly kind: "advance"; readonly seconds: number }
  | { readonly kind: "look"; readonly where: Where; readonly showDeleted: boolean };

/** A row by the number of its key, in one of two entities. */
export interface Row {
  readonly entity: "Account" | "Ticket";
  readonly key: number;
  readonly fields: Plain;
  /** Seconds from now. */
  readonly expires: number | undefined;
}

const KEYS = [0, 1];

const names = fc.constantFrom("", "a", "\u00e9", "e\u0301", "\u{1F600}");
const longs = fc.constantFrom(-(2n ** 63n), -1n, 0n, 1n, 2n ** 53n + 1n, 2n ** 63n - 1n);
const unsigned = fc.constantFrom(0n, 1n, 2n ** 63n, 2n ** 64n - 1n);
const money = fc.constantFrom("-9999999999999999.99", "-0.01", "0", "0.01", "100", "9999999999999999.99");
const points = fc.constantFrom(`-${"9".repeat(78)}`, "-1", "0", "1", "9007199254740993", "9".repeat(78));
const doubles = fc.constantFrom(-Number.MAX_VALUE, -1, 0, 5e-324, 0.1, Number.MAX_VALUE);
const texts = fc.array(fc.constantFrom("", "x", "y", "\uFFFD"), { maxLength: 3 });
const entries = fc.constantFrom("a", "b", "__proto__").chain((key) => longs.map((value) => new Map([[key, value]])));

const numbers = {
  int64_count: longs,
  uint64_count: unsigned,
  balance: money,
  points,
  double_sum: doubles,
  plain_count: longs,
};
const collections = { notes: texts, roles: texts, limits: entries };

function someOf(arbitraries: { readonly [field: string]: fc.Arbitrary<PlainValue> }): fc.Arbitrary<Plain> {
  return fc.record(arbitraries, { requiredKeys: [] });
}

const accountFields = someOf({ name: names, status: names, ...numbers, ...collections });
/** Values that may meet in a unique index; outside batches alone, whose items have no order among different keys. */
const emails = fc.option(fc.constantFrom("", "a@test", "b@test"), { nil: undefined });
const codes = fc.option(fc.constantFrom("", "c", "d"), { nil: undefined });
const ticketFields = someOf({ holder: names, seat: fc.constantFrom(-1, 0, 7) });
const expiries = fc.constantFrom(undefined, -1, 1, 2, 5);

function rowOf(isAlone: boolean): fc.Arbitrary<Row> {
  const account = fc.record({ fields: accountFields, email: isAlone ? emails : fc.constant(undefined) });
  const ticket = fc.record({ fields: ticketFields, code: isAlone ? codes : fc.constant(undefined) });
  const key = fc.constantFrom(...KEYS);
  return fc.oneof(
    fc.tuple(key, account).map(([number, { fields, email }]): Row => ({
      entity: "Account",
      key: number,
      fields: { ...fields, email },
      expires: undefined,
    })),
    fc.tuple(key, ticket, expiries).map(([number, { fields, code }, expires]): Row => ({
      entity: "Ticket",
      key: number,
      fields: { ...fields, code },
      expires,
    })),
  );
}

const conditions: fc.Arbitrary<Where> = fc.constantFrom<Where>(
  { name: { is_null: true } },
  { name: { eq: "a" } },
  { int64_count: { gte: 0n } },
  { none: [{ points: { lt: "0" } }, { roles: { has: "x" } }] },
  { any: [{ notes: { is_empty: true } }, { limits: { has: "__proto__" } }] },
);
const versions = fc.constantFrom(1n, 2n, 3n);

/** Only Accounts have versions, and what the conditions ask for. */
function guardOf(row: Row): fc.Arbitrary<PreconditionExtras> {
  if (row.entity === "Ticket") return fc.constant({});
  return fc.oneof(
    { arbitrary: fc.constant({}), weight: 3 },
    { arbitrary: versions.map((expectedVersion) => ({ expectedVersion })), weight: 1 },
    { arbitrary: conditions.map((condition) => ({ condition })), weight: 1 },
  );
}

function changesOf(row: Row): fc.Arbitrary<{ readonly row: Row; readonly extras: UpdateExtras }> {
  if (row.entity === "Ticket")
    return fc.constantFrom({}, { mask: ["holder", "seat"] }).map((extras) => ({ row, extras }));
  const { email } = row.fields;
  const bare = { ...row, fields: { name: "n", email } };
  return fc.oneof(
    fc.constant({ row, extras: {} }),
    fc
      .constantFrom(["name", "balance", "notes", "limits", "plain_count"], ["*"], ["status", "roles", "points"])
      .map((mask) => ({
        row,
        extras: { mask },
      })),
    someOf(numbers).map((increment) => ({ row: bare, extras: { increment } })),
    someOf(collections).map((append) => ({ row: bare, extras: { append } })),
    someOf(collections).map((remove) => ({ row: bare, extras: { remove } })),
  );
}

function writeOf(isAlone: boolean): fc.Arbitrary<Operation> {
  const row = rowOf(isAlone);
  const update = row.chain((drawn) =>
    fc.tuple(changesOf(drawn), guardOf(drawn), fc.boolean()).map(([changes, guard, allowMissing]): Operation => {
      const missing = allowMissing && guard.expectedVersion === undefined;
      return { kind: "update", row: changes.row, extras: { ...changes.extras, ...guard, allowMissing: missing } };
    }),
  );
  const remove = row.chain((drawn) =>
    fc.tuple(guardOf(drawn), fc.boolean(), fc.boolean()).map(([guard, allow, permanent]): Operation => {
      const allowMissing = allow && guard.expectedVersion === undefined;
      return { kind: "delete", row: drawn, extras: { ...guard, allowMissing, permanent } };
    }),
  );
  const create = row.map((drawn): Operation => ({ kind: "create", row: drawn }));
  const put = row.chain((drawn) => guardOf(drawn).map((extras): Operation => ({ kind: "put", row: drawn, extras })));
  return fc.oneof(
    { arbitrary: create, weight: 2 },
    { arbitrary: put, weight: 2 },
    { arbitrary: update, weight: 5 },
    { arbitrary: remove, weight: 1 },
  );
}

/** What every store can put into one atomic step: no guard, no arithmetic. */
const atomicWrites = rowOf(false).chain((row) =>
  fc.constantFrom<Operation>(
    { kind: "create", row },
    { kind: "put", row, extras: {} },
    { kind: "delete", row, extras: { allowMissing: true } },
  ),
);

const batches = fc.oneof(
  fc.array(writeOf(false), { minLength: 1, maxLength: 4 }).map((writes) => ({ writes, atomic: false })),
  fc.array(atomicWrites, { minLength: 1, maxLength: 4 }).map((writes) => ({ writes, atomic: true })),
);

const undeletes = rowOf(true).map((row): Operation => ({ kind: "undelete", row, extras: {} }));
const looks = fc
  .tuple(conditions, fc.boolean())
  .map(([where, showDeleted]): Operation => ({ kind: "look", where, showDeleted }));

export const operations: fc.Arbitrary<readonly Operation[]> = fc.array(
  fc.oneof(
    { arbitrary: writeOf(true), weight: 8 },
    { arbitrary: undeletes, weight: 1 },
    { arbitrary: batches.map((batch): Operation => ({ kind: "batch", ...batch })), weight: 1 },
    { arbitrary: fc.constantFrom(1, 2).map((seconds): Operation => ({ kind: "advance", seconds })), weight: 1 },
    { arbitrary: looks, weight: 1 },
  ),
  { minLength: 4, maxLength: 14 },
);

const HELD = 9;
const HOLDERS: readonly Operation[] = [
  { kind: "create", row: { entity: "Account", key: HELD, fields: { email: "held" }, expires: undefined } },
  { kind: "create", row: { entity: "Ticket", key: HELD, fields: { code: "held" }, expires: undefined } },
];

/** Creates and plain Puts of different rows, which meet a row that is there before them and not one another: their order says nothing. */
const wave: fc.Arbitrary<readonly Operation[]> = fc.uniqueArray(
  fc.tuple(rowOf(true), fc.integer({ min: 0, max: 5 }), fc.boolean()).map(([drawn, key, isCreate]): Operation => {
    const { email, code, ...others } = drawn.fields;
    const ownOr = (value: PlainValue | undefined): PlainValue | undefined =>
      value === "a@test" || value === "c" ? `own${key}` : value === "" ? undefined : value && "held";
    const row = { ...drawn, key, fields: { ...others, email: ownOr(email), code: ownOr(code) } as Plain };
    return isCreate ? { kind: "create", row } : { kind: "put", row, extras: {} };
  }),
  { minLength: 2, maxLength: 10, selector: (write) => ("row" in write ? `${write.row.entity} ${write.row.key}` : "") },
);

/** Some Creates of a wave come twice: of one key the first that came is done first, and the other meets its row. */
const waveWithTwins = wave.chain((writes) =>
  fc.subarray(writes.filter(({ kind }) => kind === "create")).map((again) => [...writes, ...again.map(twinOf)]),
);

/** Of the same key, without the values that are unique. */
function twinOf(write: Operation): Operation {
  if (write.kind !== "create") return write;
  const { email: _, code: __, ...fields } = write.row.fields;
  return { ...write, row: { ...write.row, fields } };
}

/** Several waves, and single operations between them. */
export const waves: fc.Arbitrary<readonly (readonly Operation[])[]> = fc
  .array(
    fc.oneof(
      { arbitrary: waveWithTwins, weight: 3 },
      { arbitrary: writeOf(false).map((write) => [write]), weight: 1 },
      { arbitrary: fc.constantFrom(1, 2).map((seconds): readonly Operation[] => [{ kind: "advance", seconds }]), weight: 1 },
    ),
    { minLength: 2, maxLength: 5 },
  )
  .map((drawn) => [HOLDERS, ...drawn]); // prettier-ignore

/** What a store answers to one operation, or why it refuses; equal on all stores. `run` keeps runs apart. */
export async function perform(subject: Subject, operation: Operation, run: string): Promise<unknown> {
  const accounts = subject.rows("Account");
  switch (operation.kind) {
    case "create":
      return outcome(
        rowsOf(subject, operation.row)
          .create(plainOf(subject, operation.row, run))
          .then(settled),
      );
    case "put":
      return outcome(
        rowsOf(subject, operation.row)
          .put(plainOf(subject, operation.row, run), operation.extras)
          .then(written),
      );
    case "update":
      return outcome(
        rowsOf(subject, operation.row)
          .update(plainOf(subject, operation.row, run), operation.extras)
          .then(written),
      );
    case "delete":
      return outcome(rowsOf(subject, operation.row).delete(keyOf(operation.row, run), operation.extras).then(written));
    case "undelete":
      if (operation.row.entity === "Ticket") return "no soft delete";
      return outcome(accounts.undelete(keyOf(operation.row, run), operation.extras).then(written));
    case "batch":
      return outcome(performBatch(subject, operation, run));
    case "advance":
      subject.clock.advance(BigInt(operation.seconds) * SECOND);
      return "advanced";
    case "look":
      return outcome(look(subject, operation, run));
  }
}

/** Everything the run left behind, in both entities. */
export async function remains(subject: Subject, run: string, numbers: readonly number[] = KEYS): Promise<unknown> {
  const answers: unknown[] = [];
  for (const entity of ["Account", "Ticket"] as const) {
    const rows = subject.rows(entity);
    const keys = numbers.map((key) => ({ id: idOf(run, key) }));
    const where = { id: { one_of: keys.map(({ id }) => id) } };
    answers.push(
      (await rows.batchGet(keys, { showDeleted: true })).map(itemOutcome),
      await rows.count(where),
      ascending((await rows.pages({ where, pageSize: 2 })).map((row) => row.id)),
      ascending((await rows.scan({ where, showDeleted: true })).map((row) => row.id)),
    );
  }
  return answers;
}

function rowsOf(subject: Subject, row: Row): Rows {
  return subject.rows(row.entity);
}

function idOf(run: string, key: number): string {
  return `${run}-${key}`;
}

function keyOf(row: Row, run: string): Plain {
  return { id: idOf(run, row.key) };
}

/** Unique values are kept apart by run, like keys. */
function plainOf({ clock }: Subject, row: Row, run: string): Plain {
  const { email, code, ...fields } = row.fields;
  const scoped = (value: unknown): string | undefined => (typeof value === "string" ? `${value}${run}` : undefined);
  const expires_at = row.expires === undefined ? undefined : clock.now() + BigInt(row.expires) * SECOND;
  if (row.entity === "Account") return { ...keyOf(row, run), ...fields, email: scoped(email) };
  return { ...keyOf(row, run), ...fields, code: scoped(code), expires_at };
}

async function performBatch(
  subject: Subject,
  { writes, atomic }: Extract<Operation, { readonly kind: "batch" }>,
  run: string,
): Promise<unknown> {
  const [first] = writes;
  if (!first || !("row" in first)) return "empty";
  const { entity } = first.row;
  const rows = subject.rows(entity);
  const items = writes.flatMap((write) =>
    "row" in write && write.row.entity === entity ? [itemOf(subject, write, run)] : [],
  );
  const answers = await rows.batchWrite(items, { atomic, readMask: ["id"] });
  return answers.map(itemOutcome);
}

function itemOf(subject: Subject, write: Extract<Operation, { readonly row: Row }>, run: string): BatchItem {
  const { op } = rowsOf(subject, write.row);
  const row = plainOf(subject, write.row, run);
  switch (write.kind) {
    case "create":
      return op.create(row);
    case "put":
      return op.put(row, write.extras);
    case "update":
      return op.update(row, write.extras);
    case "delete":
      return op.delete(keyOf(write.row, run), write.extras);
    case "undelete":
      return { kind: "none" };
  }
}

async function look(
  subject: Subject,
  { where, showDeleted }: Extract<Operation, { readonly kind: "look" }>,
  run: string,
): Promise<unknown> {
  const accounts = subject.rows("Account");
  const scoped: Where = { all: [{ id: { one_of: KEYS.map((key) => idOf(run, key)) } }, where] };
  const { rows } = await accounts.list({ where: scoped, showDeleted });
  return { found: ascending(rows.map((row) => row.id)), count: await accounts.count(scoped, { showDeleted }) };
}

/** A set's elements have no order. */
function settled(row: Plain | undefined): unknown {
  return row?.roles === undefined ? row : { ...row, roles: ascending(row.roles) };
}

function written({ row, created }: WriteAnswer): unknown {
  return { row: settled(row), created };
}

function itemOutcome(item: ItemAnswer): unknown {
  if ("fault" in item) return refused(item.fault);
  return "row" in item ? { ...item, row: settled(item.row) } : item;
}

async function outcome(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Fault) return refused(error);
    throw error;
  }
}

function refused({ reason, detail }: Fault): unknown {
  return { reason, constraint: detail.constraint, index: detail.index, deleted: detail.metadata?.deleted };
}
