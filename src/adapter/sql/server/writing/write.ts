/** Writes: each mutation by itself, or several that happen together or not at all. */

import type { Call } from "../../../../model/call.ts";
import type { EntityModel } from "../../../../model/entity.ts";
import { Fault } from "../../../../model/fault.ts";
import type { Mutation } from "../../../../model/mutation.ts";
import { isVisible } from "../../../../model/visibility.ts";
import {
  NotSent,
  type Decide,
  type ExecuteRequest,
  type ExecuteResult,
  type ExecuteStep,
  type ImageOptions,
  type RecordedRequest,
  type StepOutcome,
  type Trim,
  type WriteOptions,
  type WriteOutcome,
  type WriteRequest,
  type WriteResult,
} from "../../../adapter.ts";
import { entityOf, onlyThisSaysWhy, succeeds } from "../../../writing/all-or-nothing.ts";
import type { Derivations } from "../../../derivation.ts";
import { imagingOf, withDerivedAsync, withoutImages } from "../../../writing/derived-rows.ts";
import { OutcomeTrimmer } from "../../../writing/trim-outcomes.ts";
import { DocumentError } from "../../../document/json.ts";
import { UniqueTaken, type ServerFailures } from "../failure.ts";
import { NotConnected } from "../../../runtime/link-failure.ts";
import type { Link } from "../connection/link.ts";
import { limitBy } from "../connection/statement-limit.ts";
import { mutateAtOnce, mutateLocked, type Looking } from "./mutate.ts";
import { mutateRows, sharedRow, type SharedRow } from "./mutate-rows.ts";
import { readRows, type TableFor } from "../reading/read.ts";
import { recallOrBegin, recordOutcomes } from "./request.ts";
import { countRows } from "../reading/scan.ts";
import { restarting } from "../restart.ts";
import type { ServerDialect } from "../server-dialect.ts";
import type { ServerTable } from "../tables/server-table.ts";
import { inTransaction, writingAlone, type Run } from "../transaction.ts";

export interface Writing {
  readonly dialect: ServerDialect;
  readonly failures: ServerFailures;
  readonly tableFor: TableFor;
  readonly derivations: Derivations;
}

export async function writeRows(writing: Writing, link: Link, request: WriteRequest, call: Call): Promise<WriteResult> {
  const { mutations, atomic, returning, trim, request: recorded } = request;
  const imaging = imagingOf(request);
  const asked = (outcome: WriteOutcome): WriteOutcome => (returning ? outcome : withoutRecord(outcome));
  if (atomic || recorded) {
    const steps = mutations.map((mutation) => (run: Run) => mutateInside(writing, run, { mutation, imaging }));
    const entities = mutations.map(({ entity }) => entity);
    const result = await together(
      { writing, link, steps, entities, begin: writing.dialect.begin.write, trim, recorded },
      call,
    );
    if (result.kind === "reused") return result;
    return { kind: result.kind, outcomes: result.outcomes.map((outcome) => asked(asWritten(outcome))) };
  }
  const trimmer = new OutcomeTrimmer(trim);
  const outcomes: WriteOutcome[] = [];
  for (let i = 0; i < mutations.length;) {
    const open = imaging ? [undefined] : await severalAtOnce(writing, link, mutations.slice(i, i + SHARED), call);
    for (const [at, outcome] of open.entries()) {
      const mutation = mutations[i + at];
      if (!mutation) throw new RangeError("an outcome without a mutation");
      outcomes.push(
        trimmer.next(asked(outcome ?? (await alone(writing, link, { mutation, imaging }, call))), mutation.entity),
      );
    }
    i += open.length;
  }
  return { kind: "fresh", outcomes };
}

/** Rows of a batch that share a statement. */
const SHARED = 128;

/**
 * The first of these mutations, by as many as one statement takes; undefined is left open. Items of a batch have no order among
 * different keys.
 */
async function severalAtOnce(
  writing: Writing,
  link: Link,
  mutations: readonly Mutation[],
  call: Call,
): Promise<readonly (WriteOutcome | undefined)[]> {
  const rows: SharedRow[] = [];
  const keys = new Set<string>();
  const [first] = mutations;
  if (!first) return [];
  const open: readonly undefined[] = [undefined];
  if (mutations.length < 2 || call.aborted || link.isLost()) return open;
  const table = tableOrNone(writing, first.entity);
  if (!table) return open;
  for (const mutation of mutations) {
    const row = mutation.entity === first.entity ? sharedRow(table, mutation) : undefined;
    if (!row || row.kind !== (rows[0]?.kind ?? row.kind) || keys.has(row.key)) break;
    rows.push(row);
    keys.add(row.key);
  }
  if (rows.length < 2) return open;
  try {
    const { failures } = writing;
    limitBy(call, link);
    return await mutateRows({ link, failures }, table, rows, call);
  } catch (error) {
    return rows.map(() => ({ status: "failed", error }));
  }
}

/** Undefined where each mutation has its reason. */
function tableOrNone({ tableFor }: Writing, entity: EntityModel): ServerTable | undefined {
  try {
    return tableFor(entity);
  } catch {
    return undefined;
  }
}

/** A decision on the row as it is, which is locked until it is written. */
export async function modifyRow(
  writing: Writing,
  link: Link,
  {
    mutation,
    decide,
    options,
  }: { readonly mutation: Mutation; readonly decide: Decide; readonly options: WriteOptions },
  call: Call,
): Promise<WriteResult> {
  const { returning, trim, request: recorded } = options;
  const changing = { mutation, decide, imaging: imagingOf(options) };
  const steps = [(run: Run) => mutateInside(writing, run, changing)];
  const unit = {
    writing,
    link,
    steps,
    entities: [mutation.entity],
    begin: writing.dialect.begin.write,
    trim,
    recorded,
  };
  for (;;) {
    try {
      const result = await together(unit, call);
      if (result.kind === "reused") return result;
      const outcomes = result.outcomes.map((outcome) => {
        const written = asWritten(outcome);
        return returning ? written : withoutRecord(written);
      });
      return { kind: result.kind, outcomes };
    } catch (error) {
      if (!(error instanceof RowCame)) throw error;
    }
  }
}

export async function executeSteps(
  writing: Writing,
  link: Link,
  request: ExecuteRequest,
  call: Call,
): Promise<ExecuteResult> {
  const imaging = imagingOf(request);
  const steps = request.steps.map((step) => (run: Run) => runStep(writing, run, step, imaging));
  const entities = request.steps.map(entityOf);
  const { serializable: begin } = writing.dialect.begin;
  const isRequired = (i: number): boolean => request.required[i] === true;
  const { trim, request: recorded } = request;
  return together({ writing, link, steps, entities, begin, trim, recorded, isRequired }, call);
}

/** One row's change, and what else is asked of it. */
interface Changing {
  readonly mutation: Mutation;
  /** `transition`, where it is absent. */
  readonly decide?: Decide;
  readonly imaging: ImageOptions | undefined;
}

/** One of several that fail alone; what is known of it is its outcome. */
async function alone(writing: Writing, link: Link, changing: Changing, call: Call): Promise<WriteOutcome> {
  try {
    if (call.aborted) throw new NotSent("the call ended before its statement was sent");
    if (link.isLost()) throw new NotConnected();
    limitBy(call, link); // those before may have waited long
    return await restarting(writing.failures, call, () => mutateByItself(writing, link, changing, call));
  } catch (error) {
    return { status: "failed", error };
  }
}

async function mutateByItself(writing: Writing, link: Link, changing: Changing, call: Call): Promise<WriteOutcome> {
  const { failures, dialect } = writing;
  const { mutation, imaging } = changing;
  const table = writing.tableFor(mutation.entity);
  const quick = imaging ? undefined : await mutateAtOnce(writingAlone(link, failures), failures, table, mutation);
  if (quick) return quick;
  const settings = { begin: dialect.begin.write, failures };
  for (;;) {
    try {
      return await inTransaction(link, settings, call, async (run) => {
        const result = await mutateInside(writing, run, changing);
        return { commit: result.status === "applied", result };
      });
    } catch (error) {
      if (!(error instanceof RowCame)) throw error;
    }
  }
}

/** A row came in between: the whole transaction is to be done again. */
class RowCame extends Fault {
  constructor(entity: EntityModel) {
    super("TRANSACTION_CONFLICT", "another transaction was in the way; ask again", { entity: entity.name });
  }
}

/** With the rows that are made of it. @throws RowCame */
async function mutateInside(writing: Writing, run: Run, changing: Changing): Promise<WriteOutcome> {
  const { failures, tableFor, derivations } = writing;
  const { decide, imaging } = changing;
  const apply = async (mutation: Mutation, looking: Looking): Promise<WriteOutcome> => {
    const outcome = await mutateLocked(run, failures, tableFor(mutation.entity), mutation, looking);
    if (!outcome) throw new RowCame(mutation.entity);
    return outcome;
  };
  const outcome = await apply(changing.mutation, { decide, images: imaging !== undefined });
  if (!imaging) return outcome;
  return withDerivedAsync(outcome, changing.mutation, { imaging, derivations }, (derived) => apply(derived, {}));
}

async function runStep(
  writing: Writing,
  run: Run,
  step: ExecuteStep,
  imaging: ImageOptions | undefined,
): Promise<StepOutcome> {
  switch (step.kind) {
    case "write":
      return mutateInside(writing, run, { mutation: step.mutation, imaging });
    case "count":
      return {
        status: "counted",
        count: await countRows(run, writing.tableFor(step.plan.entity), step.plan, step.options),
      };
    case "read": {
      const request = { keys: [step.key], fields: undefined, consistency: undefined };
      const [outcome = { status: "missing" }] = await readRows(run, writing.tableFor, request);
      const isHidden = outcome.status === "found" && !isVisible(step.key.entity, outcome.record, step.visible);
      return isHidden || outcome.status === "unread" ? { status: "missing" } : outcome;
    }
  }
}

interface Unit {
  readonly writing: Writing;
  readonly link: Link;
  readonly steps: readonly ((run: Run) => Promise<StepOutcome>)[];
  /** By step: whose record the outcome can hold. */
  readonly entities: readonly (EntityModel | undefined)[];
  readonly begin: readonly string[];
  readonly trim: Trim | undefined;
  readonly recorded: RecordedRequest | undefined;
  readonly isRequired?: (index: number) => boolean;
}

/** The first step that does not succeed undoes the others, which are then skipped. */
function together(unit: Unit, call: Call): Promise<ExecuteResult> {
  const { writing, link, steps, entities, begin, trim, recorded, isRequired = () => false } = unit;
  return inTransaction<ExecuteResult>(link, { begin, failures: writing.failures }, call, async (run) => {
    if (recorded) {
      const known = await recallOrBegin(writing, run, recorded, entities);
      if (known) return { commit: false, result: known };
    }
    const trimmer = new OutcomeTrimmer(trim);
    const outcomes: StepOutcome[] = [];
    for (const [i, step] of steps.entries()) {
      const outcome = await contained(writing.failures, step, run);
      outcomes.push(trimmer.next(outcome, entities[i]));
      if (succeeds(outcome, isRequired(i))) continue;
      return { commit: false, result: { kind: "fresh", outcomes: onlyThisSaysWhy(steps, i, outcome) } };
    }
    if (recorded) await recordOutcomes(writing.dialect, run, recorded, outcomes.map(withoutImages), entities);
    return { commit: true, result: { kind: "fresh", outcomes } };
  });
}

/** What concerns one row alone is that step's outcome; what concerns the transaction fails it. */
async function contained(
  failures: ServerFailures,
  step: (run: Run) => Promise<StepOutcome>,
  run: Run,
): Promise<StepOutcome> {
  try {
    return await step(run);
  } catch (error) {
    if (error instanceof UniqueTaken || error instanceof DocumentError) return { status: "failed", error };
    if (error instanceof Fault && error.reason !== "TRANSACTION_CONFLICT") return { status: "failed", error };
    const code = failures.codeOf(error);
    if (code !== undefined && failures.isReference(code)) return { status: "failed", error };
    throw error;
  }
}

function asWritten(outcome: StepOutcome): WriteOutcome {
  if (outcome.status === "found" || outcome.status === "missing" || outcome.status === "counted")
    throw new TypeError("a write was recorded as something else");
  return outcome;
}

function withoutRecord(outcome: WriteOutcome): WriteOutcome {
  if (outcome.status !== "applied") return outcome;
  const { created, found, images } = outcome;
  return { status: "applied", created, found, ...(images && { images }) };
}
