/** Random jobs for the writer, and answers that fit them. */

import fc from "fast-check";
import type {
  ExecuteStep,
  ImageOptions,
  RecordedRequest,
  StepOutcome,
  Trim,
  WriteOutcome,
} from "../../../../../src/adapter/adapter.ts";
import type { Answer, ExecuteJob, WriteJob } from "../../../../../src/adapter/sqlite/writing/job.ts";
import { SqliteFailure } from "../../../../../src/adapter/sqlite/failure.ts";
import type { Plan } from "../../../../../src/adapter/plan.ts";
import type { EntityModel } from "../../../../../src/model/entity.ts";
import { keyOf } from "../../../../../src/model/key.ts";
import type { Change, Precondition, Mutation, Rejection } from "../../../../../src/model/mutation.ts";
import type { EntityRecord, Value } from "../../../../../src/model/value.ts";
import { anyRecord, anyText, anyValue } from "../records.ts";
import { entity, NOW } from "../store.ts";

const everything: EntityModel = entity("test.v1.Everything");

export const ENTITIES: readonly [EntityModel, ...EntityModel[]] = [
  everything,
  ...["test.v1.Plain", "test.v1.Ticket"].map(entity),
];

/** records of fast-check have no prototype at times, which no clone keeps. */
const PLAIN = { noNullPrototype: true } as const;

const anyEntity = fc.constantFrom(...ENTITIES);
const anyNow = fc.integer({ min: 0, max: 1_000 }).map((micros) => NOW + BigInt(micros) * 1_000n);
const anyBytes = fc.integer({ min: 0, max: 1 << 24 });
const anyRequest: fc.Arbitrary<RecordedRequest | undefined> = fc.option(
  fc.record({ id: anyText, digest: fc.uint8Array({ minLength: 32, maxLength: 32 }), now: anyNow }, PLAIN),
  { nil: undefined },
);

/** Every member that may be absent is absent at times, never undefined. */
const anyPrecondition: fc.Arbitrary<Precondition> = fc.record(
  {
    version: fc.bigInt({ min: 1n, max: 9n }),
    condition: fc.constant({ kind: "condition", op: "is_null", ordinal: 0, value: true }),
  },
  { requiredKeys: [], ...PLAIN },
);

function rowOf(model: EntityModel): fc.Arbitrary<EntityRecord> {
  const ofKey = new Set(model.key.map((part) => part.ordinal));
  return anyRecord(model, (ordinal) => {
    const type = model.fields[ordinal]?.type;
    return type && ofKey.has(ordinal) ? anyValue(type, 0) : undefined;
  });
}

function anyOrdinal(model: EntityModel): fc.Arbitrary<number> {
  return fc.nat({ max: model.fields.length - 1 });
}

function valueOf(model: EntityModel): fc.Arbitrary<{ readonly ordinal: number; readonly value: Value }> {
  return fc.constantFrom(...model.fields).chain(({ ordinal, type }) => {
    return anyValue(type, 0).map((value) => ({ ordinal, value }));
  });
}

function anyChange(model: EntityModel): fc.Arbitrary<Change> {
  const by = fc.oneof(fc.integer(), fc.bigInt());
  return fc.oneof(
    valueOf(model).map((set) => ({ kind: "set" as const, ...set })),
    anyOrdinal(model).map((ordinal) => ({ kind: "set" as const, ordinal, value: undefined })),
    fc.record({ kind: fc.constant("increment" as const), ordinal: anyOrdinal(model), by }, PLAIN),
    fc.tuple(fc.constantFrom("append" as const, "remove" as const), valueOf(model)).map(([kind, change]) => ({
      kind,
      ...change,
    })),
  );
}

function mutationOf(model: EntityModel): fc.Arbitrary<Mutation> {
  const ordinals = fc.option(fc.array(anyOrdinal(model), { maxLength: 3 }), { nil: undefined });
  const limits = fc.record(
    {
      mostBytes: anyBytes,
      answer: fc.record({ fields: ordinals, mostBytes: anyBytes }, PLAIN),
      precondition: anyPrecondition,
    },
    { requiredKeys: [], ...PLAIN },
  );
  const generated = fc.array(valueOf(model), { maxLength: 2 });
  const changes = fc.array(anyChange(model), { maxLength: 3 });
  const [soft, allowMissing, restore] = [fc.boolean(), fc.boolean(), fc.boolean()];
  return fc.tuple(rowOf(model), anyNow, limits).chain(([record, now, { precondition, ...bounds }]) => {
    const base = { entity: model, key: keyOf(model, record), now, ...bounds };
    const guarded = { ...base, ...(precondition && { precondition }) };
    return fc.oneof(
      fc.constant<Mutation>({ ...base, kind: "create", record }),
      fc.record({ generated, restore }).map<Mutation>((put) => ({ ...guarded, ...put, kind: "put", record })),
      fc
        .record({ changes, allowMissing, generated })
        .map<Mutation>((rest) => ({ ...guarded, ...rest, kind: "update" })),
      fc.record({ soft, allowMissing }).map<Mutation>((rest) => ({ ...guarded, ...rest, kind: "delete" })),
      fc.constant<Mutation>({ ...guarded, kind: "undelete" }),
    );
  });
}

export const anyMutation: fc.Arbitrary<Mutation> = anyEntity.chain(mutationOf);

/** Absent more often than not, as in earnest. */
const anyImaging: fc.Arbitrary<{ readonly imaging?: ImageOptions }> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc
      .record({ images: fc.boolean(), derive: fc.array(fc.record({ name: anyText, data: anyText }, PLAIN)) }, PLAIN)
      .map((imaging) => ({ imaging })),
  },
);

const anyTrim: fc.Arbitrary<{ readonly trim?: Trim }> = fc
  .record(
    {
      bytes: fc.nat(),
      rowBytes: fc.nat(),
      fields: fc.array(fc.option(fc.array(fc.nat(5), { maxLength: 3 }), { nil: undefined }), { maxLength: 4 }),
    },
    PLAIN,
  )
  .chain((trim) => fc.constantFrom({}, { trim }));

/** As often as not one mutation, nothing recorded: what crosses in short, or all but does. */
export const anyWrite: fc.Arbitrary<WriteJob> = fc
  .record(
    {
      kind: fc.constant("write" as const),
      mutations: fc.oneof(
        fc.array(anyMutation, { maxLength: 4 }),
        anyMutation.map((mutation) => [mutation]),
      ),
      atomic: fc.boolean(),
      returning: fc.boolean(),
      request: fc.oneof(fc.constant(undefined), anyRequest),
    },
    PLAIN,
  )
  .chain((job) => fc.tuple(anyImaging, anyTrim).map(([imaging, trim]) => ({ ...job, ...imaging, ...trim })));

const anyStep: fc.Arbitrary<ExecuteStep> = fc
  .tuple(anyMutation, fc.boolean(), anyNow, fc.option(fc.nat(), { nil: undefined }))
  .chain(([mutation, deleted, now, limit]) => {
    const { entity: model, key } = mutation;
    const visible = { deleted, now };
    const [index] = model.indexes;
    const plan: Plan = {
      entity: model,
      access: index ? { kind: "index", index, ranges: [{ eq: key }], reverse: false } : { kind: "full" },
      needsScan: false,
      ordered: true,
      order: [{ ordinal: 0, desc: false }],
    };
    const options = { visible, consistency: undefined, ...(limit !== undefined && { limit }) };
    return fc.constantFrom<ExecuteStep>(
      { kind: "write", mutation },
      { kind: "read", key: { entity: model, key }, visible },
      { kind: "count", plan, options },
    );
  });

export const anyExecute: fc.Arbitrary<ExecuteJob> = fc
  .array(fc.tuple(anyStep, fc.boolean()), { maxLength: 4 })
  .chain((steps) =>
    fc.tuple(anyRequest, anyImaging, anyTrim).map(([request, imaging, trim]) => ({
      kind: "execute" as const,
      steps: steps.map(([step]) => step),
      required: steps.map(([, isRequired]) => isRequired),
      request,
      ...imaging,
      ...trim,
    })),
  );

const anyRejection = fc.constantFrom<Rejection>(
  { kind: "missing" },
  { kind: "exists", deleted: true },
  { kind: "version", found: 7n },
  { kind: "condition" },
  { kind: "immutable", ordinal: 1 },
  { kind: "required", ordinal: 2 },
  { kind: "range", ordinal: 3 },
  { kind: "size", of: "row", bytes: 2, most: 1 },
);

const undone: fc.Arbitrary<WriteOutcome> = fc.oneof(
  anyRejection.map((because) => ({ status: "rejected" as const, because })),
  anyEntity
    .chain((model) => rowOf(model).map((record) => ({ entity: model, key: keyOf(model, record) })))
    .map((derived) => ({ status: "rejected" as const, because: { kind: "missing" as const }, derived })),
  fc.constantFrom<WriteOutcome>({ status: "rejected" }, { status: "skipped" }),
  fc.constantFrom(2067, 787, 13).map((code) => ({
    status: "failed" as const,
    error: new SqliteFailure(code, { entity: everything.name }),
  })),
);

interface Applied {
  readonly returning: boolean;
  readonly images: boolean;
  readonly asCreated?: fc.Arbitrary<boolean>;
}

/** A row that was created is the one that was asked for. */
function applied(
  mutation: Mutation,
  { returning, images, asCreated = fc.boolean() }: Applied,
): fc.Arbitrary<WriteOutcome> {
  const before = fc.option(rowOf(mutation.entity), { nil: undefined });
  const made = mutation.kind === "create" ? fc.constant(mutation.record) : rowOf(mutation.entity);
  return fc
    .record({ record: made, created: asCreated, found: fc.boolean(), isTrimmed: fc.boolean(), before })
    .map(({ record, created, found, isTrimmed, ...was }) => ({
      status: "applied" as const,
      ...(returning && { record }),
      ...(returning && isTrimmed && { trimmed: true as const }),
      created,
      found: found || created,
      ...(images && { images: { ...was, after: record } }),
    }));
}

function outcomeOf(step: ExecuteStep, images: boolean): fc.Arbitrary<StepOutcome> {
  switch (step.kind) {
    case "write":
      return fc.oneof(applied(step.mutation, { returning: true, images }), undone);
    case "read":
      return fc.oneof(
        rowOf(step.key.entity).map((record) => ({ status: "found" as const, record })),
        fc.constant<StepOutcome>({ status: "missing" }),
      );
    case "count":
      return fc.nat().map((count) => ({ status: "counted" as const, count }));
  }
}

/** What a job can be answered with. */
export function anyAnswer(job: WriteJob | ExecuteJob): fc.Arbitrary<Answer> {
  const kind = fc.constantFrom("fresh" as const, "replayed" as const);
  const reused = fc.constant<Answer>({ kind: job.kind, result: { kind: "reused" } });
  const failed = fc.constant<Answer>({ kind: "failed", error: new SqliteFailure(10, { uncertain: true }) });
  const images = job.imaging !== undefined;
  if (job.kind === "execute") {
    const outcomes = fc.tuple(...job.steps.map((step) => outcomeOf(step, images)));
    const executed = fc.record({ kind, outcomes }, PLAIN).map<Answer>((result) => ({ kind: "execute", result }));
    return fc.oneof({ weight: 8, arbitrary: executed }, reused, failed);
  }
  const { returning } = job;
  const outcomes = fc.oneof(
    fc.tuple(...job.mutations.map((mutation) => fc.oneof(applied(mutation, { returning, images }), undone))),
    fc.tuple(
      ...job.mutations.map((mutation) => applied(mutation, { returning, images, asCreated: fc.constant(true) })),
    ),
  );
  const written = fc.record({ kind, outcomes }, PLAIN).map<Answer>((result) => ({ kind: "write", result }));
  return fc.oneof({ weight: 8, arbitrary: written }, reused, failed);
}
