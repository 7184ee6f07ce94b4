/**
 * The contract a backend fills; how it is opened is in `opening.ts`, what it may have beside its rows in `schema.ts`, `numbers.ts`,
 * `collection.ts` and `statements.ts`. What it may rely on: requests are valid, within the published limits, and name
 * entities it was opened with. What it must keep: answers are dense and positional, nothing is retried that may have
 * happened, vendor errors are thrown untouched, and every promise settles soon after its call aborts.
 *
 * Who does what, where both could (the clause that shows it in brackets, by its file in test/conformance/clauses, or beside it in opening):
 * - The adapter filters by `visible` in `scan` and `count`, and never in `read` [deleted-hidden, expired-hidden].
 * - A projected record may hold more fields than asked, never fewer [adapter-projection].
 * - The adapter sweeps expired rows and forgotten request_ids, in bounded steps; no read depends on it [expired-hidden,
 *   request-forgotten, opening/swept].
 * - `open` may be called again after it has rejected, and leaves nothing open then [opening/open-again].
 * - A relative path in the url lies in `dataDir` [opening/relative-path].
 * - An index that is new over rows that are there is filled before `open` resolves, or is not planned with before it is
 *   [opening/index-filled].
 */

import type { AnswerLimits } from "../model/answer-budget.ts";
import type { Call } from "../model/call.ts";
import type { EntityModel } from "../model/entity.ts";
import type { Fault } from "../model/fault.ts";
import type { EntityKey } from "../model/key.ts";
import type { Decision, Images, Mutation, Rejection } from "../model/mutation.ts";
import type { Consistency, Isolation, Query, Visibility } from "../model/query.ts";
import type { EntityRecord } from "../model/value.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Collected, CollectionQuery, CollectionWindow } from "./collection.ts";
import type { Derivation } from "./derivation.ts";
import type { NodeNumbers, NumbersRequest } from "./numbers.ts";
import type { Plan } from "./plan.ts";
import type { Schema } from "./schema.ts";
import type { Statements } from "./statements.ts";

/**
 * What an adapter rejects a call with that aborted before anything of it was sent to the store: it was surely not executed. An
 * aborted write that rejects with anything else, or not in the same turn of the event loop, may have been.
 */
export class NotSent extends Error {
  override readonly name = "NotSent";
}

/** What can be read in a store. */
export interface Reads {
  /** Answers keys[i] at [i], all of one state where `consistent_read` is published. Soft-deleted and expired rows are delivered; the repository hides them. */
  read(request: ReadRequest, call: Call): Promise<readonly ReadOutcome[]>;
  /**
   * One window of rows, in the plan's order, after a cursor. Bounded work: it may come back short, with `next`. Where a row cannot be
   * read, the store may end the window before it, and reject a window that begins with it with DamagedRow.
   */
  scan(plan: Plan, window: Window, call: Call): Promise<ScanWindow>;
  /** Rows of a plan without residual; native and exact. Bounded windows inside. A capability. */
  count?(plan: Plan, options: CountOptions, call: Call): Promise<number>;
}

/** What can be done in a store, inside a transaction or outside. */
export interface Operations extends Reads {
  /**
   * Applies the mutations; without `atomic` each by itself. Where it rejects nothing was applied, unless the call aborted
   * or the error classifies as WRITE_OUTCOME_UNKNOWN; what is known of single mutations is said by their outcomes.
   */
  write(request: WriteRequest, call: Call): Promise<WriteResult>;
  /** A capability. Reads a row, asks `decide`, and writes only if the row is still as it was read; retries inside the deadline. `decide` is pure and may be asked again. */
  modify?(mutation: Mutation, decide: Decide, options: WriteOptions, call: Call): Promise<WriteResult>;
}

export interface Adapter extends Operations {
  readonly capabilities: Capabilities;
  /** Pure: no I/O, no clock. */
  plan(query: Query): Plan;
  /**
   * Pure: into how many segments the plan can be cut, at most as many as asked; 1 is whole. A cursor is then its segment's own. The
   * capability is `parallel_scan` [scan-segments].
   */
  segments?(plan: Plan, asked: number): number;
  /**
   * Pure: how much of the limits of `atomic_batch` and `execute` the mutations take when they are one unit. Absent is one
   * for each. A store that keeps further items for a row (of unique values, of a request_id) counts them.
   */
  unitCost?(mutations: readonly Mutation[]): number;
  /** Pure: what a vendor error means. Kinds come from codes; nothing of the error's text reaches the Fault but a known index's name. */
  classify(error: unknown): Fault;
  /**
   * Entities that the store cannot carry, because of their names or their size, each with what is wrong and what to do. Nothing was
   * made for them, and all others are served. Absent is none.
   */
  readonly unfit?: ReadonlyMap<EntityModel, string>;
  /** Resolves when the store answers. */
  ping(call: Call): Promise<void>;
  /** Finishes what runs, then releases everything. Called once. */
  close(): Promise<void>;

  // Optional members; each is a capability and carries its limits there.

  /**
   * Runs `body`, whose reads all see one state of the store: at least what was acknowledged before it began, and nothing that comes
   * later. `body` may be run again from its start. The capability is `consistent_read`.
   */
  consistent?<Result>(body: (reads: Reads) => Promise<Result>, call: Call): Promise<Result>;
  /** Whether one `scan` and one `count` each show one state by themselves, so that a page which is one window needs no `consistent`; absent is no. */
  readonly isReadOneState?: boolean;
  /**
   * One window of a partition in which rows of several entities lie. The capability is `entity_collections`, which may be published
   * without this member: the repository then merges the entities' own rows.
   */
  collect?(query: CollectionQuery, window: CollectionWindow, call: Call): Promise<Collected>;
  /** A transaction whose steps are all known: all or nothing, in order; each step sees those before it. */
  execute?(request: ExecuteRequest, call: Call): Promise<ExecuteResult>;
  /**
   * Numbers above 0 that nobody else is given, ascending, for a field of GENERATE_SEQUENCE; gaps are allowed. The first are behind what
   * the store holds then. The capability is `sequence`.
   */
  numbers?(request: NumbersRequest, call: Call): Promise<readonly bigint[]>;
  /** An interactive transaction. */
  begin?(options: BeginOptions, call: Call): Promise<Transaction>;
  readonly schema?: Schema;
  readonly statements?: Statements;
  /** Which number this process has in Snowflake ids, where the store gives them out. The capability is `node_numbers`. */
  readonly nodeNumbers?: NodeNumbers;
  /** How busy the store is right now, for the metrics page: no I/O. Not a capability: no request depends on it. */
  gauges?(): Gauges;
}

/** Counts since the adapter was opened, and what is so at this moment; absent is what the store does not have. */
export interface Gauges {
  /** Operations that wait for their turn. */
  readonly waiting?: number;
  /** Connections of a pool. */
  readonly pool?: { readonly inUse: number; readonly idle: number; readonly most: number };
  /** How many writes shared a commit: how often at most bounds[i], and above all bounds last; `sum` is all writes. */
  readonly commitGroups?: {
    readonly bounds: readonly number[];
    readonly counts: readonly number[];
    readonly sum: number;
  };
}

export type Decide = (current: EntityRecord | undefined) => Decision;

/** Positions (ordinals) of the fields a record must hold; undefined is all. Key, version and visibility fields are always in it. */
export type FieldSet = readonly number[] | undefined;

export interface ReadRequest {
  /** May span entities; no key twice. */
  readonly keys: readonly EntityKey[];
  readonly fields: FieldSet;
  readonly consistency: Consistency | undefined;
  /** The adapter stops once it holds about so many bytes of these fields, and may stop sooner. Absent: all keys are read. */
  readonly maxBytes?: number;
}

export type ReadOutcome =
  | {
      readonly status: "found";
      readonly record: EntityRecord;
      /** The record holds key, version and visibility alone, because of `trim`. */
      readonly trimmed?: true;
    }
  | { readonly status: "missing" }
  /** It stopped before this key, and so before all behind it; never before the first. Whoever wants more asks again from here. */
  | { readonly status: "unread" }
  | { readonly status: "failed"; readonly error: unknown };

/** What may be asked of a write beside its outcomes; each is a capability. */
export interface ImageOptions {
  /** What is applied has its images in its outcome. What is replayed has none, nor have expired rows that gave way. */
  readonly images?: boolean;
  /**
   * Rows of the store's other collections that are made of each applied mutation's images, and written in the same atomic step.
   * One that does not apply makes its mutation fail, and whatever is all or nothing with it. They have no outcomes, count in no limit, and
   * nothing is made of them in turn.
   */
  readonly derive?: readonly Derivation[];
}

export interface WriteOptions extends ImageOptions {
  /** Whether outcomes must carry the row as it is afterwards (deleted rows: as they were left). */
  readonly returning: boolean;
  readonly consistency: Consistency | undefined;
  /** How much of these rows is needed; absent is all of each. What is recorded for `request` is what this leaves. */
  readonly trim?: Trim;
  /** records the outcome in the same atomic step; a capability. Implies `atomic` or a single mutation. */
  readonly request?: RecordedRequest;
}

/** What an answer shows of the rows that come back, in their order (`model/answer-budget.ts`): no more of them is held. */
export interface Trim extends AnswerLimits {
  /** By position: what counts of each row, and must be in its record. */
  readonly fields: readonly FieldSet[];
}

export interface WriteRequest extends WriteOptions {
  /** May span entities. The same key twice: in order. */
  readonly mutations: readonly Mutation[];
  /** All or nothing: the first that does not apply undoes the others, which are then skipped. */
  readonly atomic: boolean;
}

/** How a request_id is remembered: kept 24 hours, only when the outcome was committed. */
export interface RecordedRequest {
  /** Caller's id, made unique by what it concerns (the entity, or Execute and the store); the method is in the digest. */
  readonly id: string;
  /** SHA-256 of the canonical request; another digest under the same id is `reused`. */
  readonly digest: Uint8Array;
  /** Nanoseconds; older records count as absent and are swept. */
  readonly now: bigint;
}

/** Outcomes are in normal form also when replayed: the first answer's, whatever happened to the rows since. */
export type WriteResult =
  { readonly kind: "fresh" | "replayed"; readonly outcomes: readonly WriteOutcome[] } | { readonly kind: "reused" };

export type WriteOutcome =
  | {
      readonly status: "applied";
      /** Where `returning` asked for it and there is a row. */
      readonly record?: EntityRecord;
      /** The record holds key, version and visibility alone, because of `trim`. A Create's may be whole nevertheless. */
      readonly trimmed?: true;
      readonly created: boolean;
      /** False where there was nothing to delete and that is allowed. */
      readonly found: boolean;
      /** Where `images` asked for them. */
      readonly images?: Images;
    }
  /** From the same atomic step, where the store knows it: why, or else the row as the mutation met it (also a soft-deleted or expired one). */
  | {
      readonly status: "rejected";
      readonly because?: Rejection;
      readonly current?: { readonly record: EntityRecord | undefined };
      /** It was not the mutation's own row but one that is derived of it; `because` then says why. */
      readonly derived?: EntityKey;
    }
  /** A neighbour in an atomic batch did not apply. */
  | { readonly status: "skipped" }
  | { readonly status: "failed"; readonly error: unknown };

/** A position after a row; made and read by one adapter only. Compared and passed on, never parsed above it. */
export type Cursor = Uint8Array;

export interface Window {
  readonly after?: Cursor;
  /** Most rows to deliver; at least 1. */
  readonly limit: number;
  /** The window ends once its rows have about this many bytes; a row is delivered whole [window-bytes]. */
  readonly maxBytes: number;
  /**
   * The window ends once it has looked at so many rows, those included that a filter drops, and says where to go on; of ranges that
   * are merged, at so many of one [window-examined]. An adapter has a bound of its own, which is the only one where this is absent.
   */
  readonly maxExamined?: number;
  readonly fields: FieldSet;
  readonly visible: Visibility;
  readonly consistency: Consistency | undefined;
}

export interface ScanWindow {
  /** All of the plan's entity, whatever else lies in the same range of the store. */
  readonly rows: readonly EntityRecord[];
  /** Continues after rows[index]. */
  cursor(index: number): Cursor;
  /** Continues after this window, which may have delivered no row; absent when the plan is exhausted. */
  readonly next?: Cursor;
}

export interface CountOptions {
  readonly visible: Visibility;
  readonly consistency: Consistency | undefined;
  /** Counting may stop here (Exists asks for 1). */
  readonly limit?: number;
}

export type ExecuteStep =
  /** A row that is not visible counts as missing, here alone: what Get must find decides whether the whole happens. */
  | { readonly kind: "read"; readonly key: EntityKey; readonly visible: Visibility }
  | { readonly kind: "write"; readonly mutation: Mutation }
  | { readonly kind: "count"; readonly plan: Plan; readonly options: CountOptions };

export interface ExecuteRequest extends Omit<WriteOptions, "returning"> {
  readonly steps: readonly ExecuteStep[];
  /** By step: a read that must find its row (Get). A miss undoes the whole. */
  readonly required: readonly boolean[];
  readonly isolation: Isolation | undefined;
}

export type ExecuteResult =
  { readonly kind: "fresh" | "replayed"; readonly outcomes: readonly StepOutcome[] } | { readonly kind: "reused" };

/** Where a step did not succeed, it alone says why and all others are skipped. */
export type StepOutcome =
  | Exclude<ReadOutcome, { readonly status: "unread" }>
  | WriteOutcome
  | { readonly status: "counted"; readonly count: number };

export interface BeginOptions {
  readonly isolation: Isolation | undefined;
  readonly readOnly: boolean;
}

/** Statements queue. After a failure only rollback follows. */
export interface Transaction extends Operations {
  readonly statements?: Statements;
  commit(call: Call): Promise<void>;
  rollback(call: Call): Promise<void>;
}
