/** How faults are planted: an adapter with one behaviour changed and every other as it was. */

import type {
  Adapter,
  ExecuteStep,
  ReadOutcome,
  ScanWindow,
  StepOutcome,
  Window,
  WriteOutcome,
} from "../../src/adapter/adapter.ts";
import type { Plan } from "../../src/adapter/plan.ts";
import type { Call } from "../../src/model/call.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import type { FieldType, MessageType } from "../../src/model/field.ts";
import type { Condition, Filter } from "../../src/model/filter.ts";
import type { Change, Mutation } from "../../src/model/mutation.ts";
import type { Query } from "../../src/model/query.ts";
import { transition } from "../../src/model/transition.ts";
import { isList, isMap, type EntityRecord, type Value } from "../../src/model/value.ts";

/** The adapter with these members in place of its own. */
export function altered(adapter: Adapter, members: Partial<Adapter>): Adapter {
  const more = consistently(adapter, members);
  return new Proxy(adapter, {
    get(target, name): unknown {
      if (Reflect.has(members, name)) return Reflect.get(members, name);
      if (Reflect.has(more, name)) return Reflect.get(more, name);
      const own: unknown = Reflect.get(target, name, target);
      return typeof own === "function" ? (...args: unknown[]): unknown => Reflect.apply(own, target, args) : own;
    },
  });
}

/** Reads of one state are altered like all others; those that were altered see whatever the adapter itself reads. */
function consistently(adapter: Adapter, { consistent, read, scan, count }: Partial<Adapter>): Partial<Adapter> {
  if (consistent || !adapter.consistent || !(read || scan || count)) return {};
  const altering = { ...(read && { read }), ...(scan && { scan }), ...(count && { count }) };
  return { consistent: (body, call) => adapter.consistent!((reads) => body({ ...reads, ...altering }), call) };
}

type MaybePromise<T> = T | Promise<T>;

type Rewrite = (mutation: Mutation, call: Call) => MaybePromise<Mutation>;

/** Every mutation becomes another before the adapter sees it, whichever way it comes. */
export function mutations(adapter: Adapter, rewrite: Rewrite): Adapter {
  const rewriteStep = async (step: ExecuteStep, call: Call): Promise<ExecuteStep> =>
    step.kind === "write" ? { ...step, mutation: await rewrite(step.mutation, call) } : step;
  return altered(adapter, {
    async write(request, call) {
      const rewritten: Mutation[] = [];
      for (const mutation of request.mutations) rewritten.push(await rewrite(mutation, call));
      return adapter.write({ ...request, mutations: rewritten }, call);
    },
    ...(adapter.modify && {
      async modify(mutation, decide, options, call) {
        const rewritten = await rewrite(mutation, call);
        const decided = rewritten === mutation ? decide : (row: EntityRecord | undefined) => transition(rewritten, row);
        return adapter.modify!(rewritten, decided, options, call);
      },
    }),
    ...(adapter.execute && {
      async execute(request, call) {
        const steps: ExecuteStep[] = [];
        for (const step of request.steps) steps.push(await rewriteStep(step, call));
        return adapter.execute!({ ...request, steps }, call);
      },
    }),
  } satisfies Partial<Adapter>);
}

/** The mutations of one kind become others. */
export function mutationsOf<Kind extends Mutation["kind"]>(
  adapter: Adapter,
  kind: Kind,
  rewrite: (mutation: Extract<Mutation, { readonly kind: Kind }>, call: Call) => MaybePromise<Mutation>,
): Adapter {
  const isOfKind = (mutation: Mutation): mutation is Extract<Mutation, { readonly kind: Kind }> =>
    mutation.kind === kind;
  return mutations(adapter, (mutation, call) => (isOfKind(mutation) ? rewrite(mutation, call) : mutation));
}

/** The changes of every Update become others. */
export function changes(
  adapter: Adapter,
  rewrite: (changes: readonly Change[], entity: EntityModel) => readonly Change[],
): Adapter {
  return mutationsOf(adapter, "update", (mutation) => ({
    ...mutation,
    changes: rewrite(mutation.changes, mutation.entity),
  }));
}

type Answer = (outcome: WriteOutcome, mutation: Mutation, call: Call) => MaybePromise<WriteOutcome>;

/** The store does as it is told, and says something else. */
export function outcomes(adapter: Adapter, answer: Answer): Adapter {
  const answerStep = (outcome: StepOutcome, step: ExecuteStep | undefined, call: Call): MaybePromise<StepOutcome> =>
    step?.kind === "write" && isWritten(outcome) ? answer(outcome, step.mutation, call) : outcome;
  return altered(adapter, {
    async write(request, call) {
      const result = await adapter.write(request, call);
      if (result.kind === "reused") return result;
      const answers = result.outcomes.map(async (outcome, i) => answer(outcome, request.mutations[i]!, call));
      return { ...result, outcomes: await Promise.all(answers) };
    },
    ...(adapter.modify && {
      async modify(mutation, decide, options, call) {
        const result = await adapter.modify!(mutation, decide, options, call);
        if (result.kind === "reused") return result;
        const answers = result.outcomes.map(async (outcome) => answer(outcome, mutation, call));
        return { ...result, outcomes: await Promise.all(answers) };
      },
    }),
    ...(adapter.execute && {
      async execute(request, call) {
        const result = await adapter.execute!(request, call);
        if (result.kind === "reused") return result;
        const answers = result.outcomes.map(async (outcome, i) => answerStep(outcome, request.steps[i], call));
        return { ...result, outcomes: await Promise.all(answers) };
      },
    }),
  } satisfies Partial<Adapter>);
}

function isWritten(outcome: StepOutcome): outcome is WriteOutcome {
  return outcome.status === "applied" || outcome.status === "rejected";
}

/** Rows come out of the store as other rows. */
export function delivered(
  adapter: Adapter,
  rewrite: (record: EntityRecord, entity: EntityModel) => EntityRecord,
): Adapter {
  const found = (outcome: ReadOutcome, entity: EntityModel): ReadOutcome =>
    outcome.status === "found" ? { ...outcome, record: rewrite(outcome.record, entity) } : outcome;
  return altered(adapter, {
    async read(request, call) {
      const answers = await adapter.read(request, call);
      return answers.map((outcome, i) => found(outcome, request.keys[i]!.entity));
    },
    async scan(plan, window, call) {
      const answer = await adapter.scan(plan, window, call);
      return withRows(
        answer,
        answer.rows.map((row) => rewrite(row, plan.entity)),
      );
    },
  });
}

/** Values of a type are stored as other values, at any depth of what Create, Put and Update bring. */
export function stored(adapter: Adapter, rewrite: (value: Value, type: FieldType) => Value): Adapter {
  const rewriteChange = (change: Change, entity: EntityModel): Change =>
    change.kind === "set" && change.value !== undefined
      ? { ...change, value: deep(entity.fields[change.ordinal]!.type, change.value, rewrite) }
      : change;
  return mutations(adapter, (mutation) => {
    switch (mutation.kind) {
      case "create":
      case "put":
        return { ...mutation, record: deepRecord(mutation.entity.message, mutation.record, rewrite) };
      case "update":
        return {
          ...mutation,
          changes: mutation.changes.map((change) => rewriteChange(change, mutation.entity)),
        };
      case "delete":
      case "undelete":
        return mutation;
    }
  });
}

function deepRecord(
  message: MessageType,
  record: EntityRecord,
  rewrite: (value: Value, type: FieldType) => Value,
): EntityRecord {
  return message.fields.map((field) => {
    const value = record[field.ordinal];
    return value === undefined ? undefined : deep(field.type, value, rewrite);
  });
}

function deep(type: FieldType, value: Value, rewrite: (value: Value, type: FieldType) => Value): Value {
  if (type.kind === "message" && isList(value)) return rewrite(deepRecord(type.message, value, rewrite), type);
  if (type.kind === "list" && isList(value))
    return rewrite(
      value.map((element) => element && deep(type.element, element, rewrite)),
      type,
    );
  if (type.kind === "map" && isMap(value)) {
    const entries = [...value].map(([key, entry]) => [key, deep(type.value, entry, rewrite)] as const);
    return rewrite(new Map(entries), type);
  }
  return rewrite(value, type);
}

/** The adapter plans otherwise. */
export function plans(adapter: Adapter, rewrite: (plan: Plan, query: Query) => Plan): Adapter {
  return altered(adapter, { plan: (query) => rewrite(adapter.plan(query), query) });
}

/** A condition, wherever it stands in a filter, becomes another. */
export function conditions(adapter: Adapter, rewrite: (condition: Condition, entity: EntityModel) => Filter): Adapter {
  return filters(adapter, (filter, entity) => onConditions(filter, (condition) => rewrite(condition, entity)));
}

/** The filter a plan evaluates becomes another; undefined drops it. */
export function filters(
  adapter: Adapter,
  rewrite: (filter: Filter, entity: EntityModel) => Filter | undefined,
): Adapter {
  return plans(adapter, ({ pushed, residual, ...plan }) => {
    const evaluated = pushed && rewrite(pushed, plan.entity);
    const left = residual && rewrite(residual, plan.entity);
    return { ...plan, ...(evaluated && { pushed: evaluated }), ...(left && { residual: left }) };
  });
}

function onConditions(filter: Filter, rewrite: (condition: Condition) => Filter): Filter {
  if (filter.kind === "group") return { ...filter, terms: filter.terms.map((term) => onConditions(term, rewrite)) };
  if (filter.kind === "not") return { ...filter, term: onConditions(filter.term, rewrite) };
  return filter.kind === "const" ? filter : rewrite(filter);
}

/** Scans are asked for another window. */
export function windows(adapter: Adapter, rewrite: (window: Window, plan: Plan) => Window): Adapter {
  return altered(adapter, { scan: (plan, window, call) => adapter.scan(plan, rewrite(window, plan), call) });
}

/** Scans answer another window. */
export function scans(
  adapter: Adapter,
  rewrite: (answer: ScanWindow, plan: Plan, window: Window) => ScanWindow,
): Adapter {
  return altered(adapter, {
    scan: async (plan, window, call) => rewrite(await adapter.scan(plan, window, call), plan, window),
  });
}

/** A window with other rows in the same places. */
export function withRows(answer: ScanWindow, rows: readonly EntityRecord[]): ScanWindow {
  return {
    rows,
    cursor: (index) => answer.cursor(index),
    ...(answer.next && { next: answer.next }),
  };
}

/** The row a mutation is about, deleted and expired ones included. */
export async function currentRow(adapter: Adapter, mutation: Mutation, call: Call): Promise<EntityRecord | undefined> {
  const { entity, key } = mutation;
  const [outcome] = await adapter.read({ keys: [{ entity, key }], fields: undefined, consistency: undefined }, call);
  return outcome?.status === "found" ? outcome.record : undefined;
}

/** Takes a row away for good, without a word. */
export async function erase(adapter: Adapter, mutation: Mutation, call: Call): Promise<void> {
  const { entity, key, now } = mutation;
  const gone: Mutation = { kind: "delete", entity, key, now, soft: false, allowMissing: true };
  await adapter.write({ mutations: [gone], atomic: false, returning: false, consistency: undefined }, call);
}
