/** Scan: every row, as frames that can each be continued, also by another process. */

import type { Call } from "../../model/call.ts";
import { createCall } from "../../model/call.ts";
import { Fault } from "../../model/fault.ts";
import type { Key } from "../../model/key.ts";
import type { Reason } from "../../model/reason.ts";
import type { EntityRecord } from "../../model/value.ts";
import { faultOf, pauseAfter } from "../attempt.ts";
import { has, limitOf } from "../../adapter/capabilities.ts";
import type { Segment } from "../../adapter/plan.ts";
import { missing, requireConsistency } from "../capability.ts";
import { damagedRow } from "../damaged-row.ts";
import { PageBuilder, addWindow } from "../pages/page-builder.ts";
import { openPosition, pageSizeOf, sealPosition } from "./list.ts";
import { readMask } from "../mask.ts";
import type { PagePosition, SegmentPosition } from "../pages/page-position.ts";
import { neededFields, scanRequired, compileQuery, type CompiledQuery } from "./compiled-query.ts";
import type { ScanFrame, ScanRequest } from "../operation.ts";
import { visibility, type Scope } from "../scope.ts";
import { readSegments, type SegmentFrame } from "./segments.ts";
import { createPlanReader, type MatchedWindow, type PlanReader, type Wanted } from "../pages/plan-reader.ts";

/** Rejects before the first frame where the request is refused. */
export async function* scan(
  scope: Scope,
  request: ScanRequest,
  call: Call,
): AsyncGenerator<ScanFrame, void, undefined> {
  const scanning = begin(scope, request);
  const { segments } = scanning.position;
  yield* segments ? scanSegments(scanning, segments, call) : scanWhole(scanning, call);
}

async function* scanWhole(scanning: Scanning, call: Call): AsyncGenerator<ScanFrame, void, undefined> {
  let { position } = scanning;
  while (!position.done) {
    const frame = await fillOrTell(scanning, position, call);
    yield frameOf(scanning, position, frame);
    if (frame.stops) return; // the token says where it goes on
    position = frame.next;
  }
}

async function* scanSegments(
  scanning: Scanning,
  positions: readonly SegmentPosition[],
  call: Call,
): AsyncGenerator<ScanFrame, void, undefined> {
  const { scope } = scanning;
  const width = Math.min(Math.max(scanning.parallelism, 1), positions.length);
  // What is under way together has the room of one frame.
  const limits = { ...scope.limits, answerBytes: Math.ceil(scope.limits.answerBytes / width) };
  const control = createCall({ timeout: call.deadline - performance.now(), requestId: call.requestId, within: call });
  const off = call.onAbort((reason) => control.abort(reason));
  const read = async (index: number, from: SegmentPosition): Promise<SegmentFrame<Frame>> => {
    const segment = { index, of: positions.length };
    const reader = scanning.readerOf(segment);
    const place = { ...scanning.position, ...from };
    const frame = await fillOrTell({ ...scanning, reader, scope: { ...scope, limits } }, place, control.call);
    return { index, frame, next: frame.next, stopped: frame.stops === true };
  };
  let { index, page } = scanning.position;
  try {
    for await (const { frame, positions: segments } of readSegments({
      positions,
      width,
      read,
      end: () => control.abort("cancelled"),
    })) {
      const from = { ...scanning.position, index, page };
      index += frame.rows.length;
      page += 1;
      const done = segments.every((segment) => segment.done);
      yield frameOf(scanning, from, { ...frame, next: { ...from, index, page, segments, done, cursor: undefined } });
    }
  } finally {
    off();
    control.finish();
  }
}

interface Scanning {
  readonly scope: Scope;
  readonly query: CompiledQuery;
  readonly reader: PlanReader;
  readonly shown: readonly number[] | undefined;
  readonly size: number;
  readonly retries: number;
  readonly parallelism: number;
  readonly tellsErrors: boolean;
  readonly position: PagePosition;
  readonly readerOf: (segment: Segment | undefined) => PlanReader;
  readonly progress: Progress;
}

function begin(scope: Scope, request: ScanRequest): Scanning {
  refuseUnbuilt(scope, request);
  const size = pageSizeOf(scope, request.pageSize);
  const shown = readMask(scope.layout, request.readMask);
  const query = compileQuery(scope, request, "Scan");
  const { plan } = query;
  if (!plan.ordered) throw scanRequired(plan, "no key or index delivers this order, and Scan does not sort");
  const visible = visibility(scope, request.showDeleted);
  const fields = neededFields(scope, shown, query);
  const readerOf = (segment: Segment | undefined): PlanReader =>
    createPlanReader(
      { ...scope, pause: noPause },
      { plan: segment ? { ...plan, segment } : plan, fields, visible, consistency: request.consistency },
    );
  const retries = request.maxRetries ?? scope.limits.scanRetries;
  const position =
    request.resumeToken === ""
      ? startOf(scope, query, request.parallelism)
      : openPosition(scope, query, request.resumeToken, "resume_token");
  const { parallelism } = request;
  const tellsErrors = request.onError === "continue";
  const asked = { size, retries, parallelism, tellsErrors };
  return {
    scope,
    query,
    reader: readerOf(undefined),
    readerOf,
    shown,
    ...asked,
    position,
    progress: createProgress(scope),
  };
}

/** A page's retries are counted here, so nothing below waits on its own. */
const noPause = (): Promise<boolean> => Promise.resolve(false);

function refuseUnbuilt(scope: Scope, request: ScanRequest): void {
  requireConsistency(scope, request.consistency, "read");
  if (request.parallelism < 0) throw negative("parallelism");
  if (request.maxRetries !== undefined && request.maxRetries < 0) throw negative("max_retries");
  const most = limitOf(scope.adapter.capabilities, "parallel_scan");
  if (request.parallelism > 1 && request.parallelism > most) {
    const asked =
      most === 0
        ? "the scan asks for segments side by side"
        : `the scan asks for ${request.parallelism} segments side by side, and ${most} is the most`;
    throw missing(scope, "parallel_scan", asked, { field: "parallelism" });
  }
  if (request.onError === "continue" && !has(scope.adapter.capabilities, "scan_continue"))
    throw missing(scope, "scan_continue", "the scan asks to go on after errors", { field: "on_error" });
}

function negative(field: string): Fault {
  return new Fault("FIELD_INVALID", `${field} is negative; send 0 or more`, { field });
}

/** Where no row can match, a single empty frame says so. */
function startOf({ adapter }: Scope, query: CompiledQuery, parallelism: number): PagePosition {
  const start = { path: query.path, cursor: undefined, skip: 0, index: 0, page: 0, done: false };
  const isCut = parallelism > 1 && query.where.kind !== "nothing";
  const count = isCut ? (adapter.segments?.(query.plan, parallelism) ?? 1) : 1;
  if (count < 2) return start;
  return { ...start, segments: Array.from({ length: count }, () => ({ cursor: undefined, done: false })) };
}

interface Frame {
  readonly rows: readonly EntityRecord[];
  readonly readAt: bigint;
  readonly next: PagePosition;
  /** What could not be read behind its rows. */
  readonly fault?: Fault;
  /** The position stays before it, because whatever follows is as it is; a single row is passed by. */
  readonly stops?: true;
  /** Of that row. */
  readonly key?: Key;
}

/** Where the scan goes on after errors, what cannot be read is a frame. */
async function fillOrTell(scanning: Scanning, from: PagePosition, call: Call): Promise<Frame> {
  try {
    return await fill(scanning, from, call);
  } catch (error) {
    const { scope } = scanning;
    if (!scanning.tellsErrors || call.aborted) throw error;
    const told = { rows: [], readAt: scope.clock.now(), fault: faultOf(scope.adapter, error) };
    const damaged = damagedRow(error);
    if (!damaged) return { ...told, next: from, stops: true };
    const { key, next: cursor } = damaged;
    return { ...told, ...(key && { key }), next: { ...from, cursor, page: from.page + 1 } };
  }
}

/** Milliseconds after which a frame is sent with what it holds, so that a reader sees the scan is alive. */
const LONGEST_SILENCE = 1_000;

async function fill(scanning: Scanning, from: PagePosition, call: Call): Promise<Frame> {
  const { scope, size, query } = scanning;
  const readAt = scope.clock.now();
  const builder = new PageBuilder({ scope, from, shown: scanning.shown });
  const silentUntil = performance.now() + LONGEST_SILENCE;
  const ended = (cursor: Uint8Array | undefined): Frame => ({
    rows: builder.rows,
    readAt,
    next: { ...from, cursor, index: from.index + builder.rows.length, page: from.page + 1, done: cursor === undefined },
  });
  if (query.where.kind === "nothing") return ended(undefined);
  let cursor = from.cursor;
  for (;;) {
    const wanted = { rows: size - builder.rows.length, bytes: builder.room };
    const window = await readPage(scanning, cursor, wanted, call).catch((error: unknown) => {
      if (builder.rows.length === 0 || !damagedRow(error)) throw error;
      return undefined; // the next frame begins with it
    });
    if (!window) return ended(cursor);
    const filled = addWindow(builder, window, { size, before: cursor });
    cursor = filled.cursor;
    if (!cursor || filled.full || performance.now() >= silentUntil) return ended(cursor);
  }
}

/** Failures that waiting may end. */
const RETRYABLE: ReadonlySet<Reason> = new Set([
  "STORE_UNAVAILABLE",
  "TRANSACTION_CONFLICT",
  "POOL_EXHAUSTED",
  "QUEUE_FULL",
  "DEADLINE_EXCEEDED",
]);

async function readPage(
  scanning: Scanning,
  after: Uint8Array | undefined,
  wanted: Wanted,
  call: Call,
): Promise<MatchedWindow> {
  const { scope, reader, retries, progress } = scanning;
  for (let tries = 0; ; tries++) {
    try {
      return await withinPageTime(scope, call, (page) => reader.readWindow(after, wanted, page));
    } catch (error) {
      const fault = faultOf(scope.adapter, error);
      progress.failed();
      if (call.aborted || tries >= retries || !RETRYABLE.has(fault.reason)) throw fault;
      if (!(await scope.pause(pauseAfter(tries + 2), call))) throw fault;
    }
  }
}

/** A scan has no deadline of its own, but each of its pages has. */
async function withinPageTime<T>(scope: Scope, call: Call, work: (page: Call) => Promise<T>): Promise<T> {
  const left = call.deadline - performance.now();
  const timeout = Math.min(left, scope.limits.scanPageTimeout);
  const control = createCall({ timeout, requestId: call.requestId, within: call });
  const off = call.onAbort((reason) => control.abort(reason));
  try {
    return await work(control.call);
  } finally {
    off();
    control.finish();
  }
}

function frameOf({ scope, query, shown, progress }: Scanning, from: PagePosition, frame: Frame): ScanFrame {
  return {
    entities: frame.rows.map((record) => ({ record, fields: shown })),
    resumeToken: sealPosition(scope, query, frame.next),
    firstIndex: from.index,
    pageNumber: from.page,
    readAt: frame.readAt,
    progress: progress.after(frame.rows.length, frame.next.done),
    ...(frame.fault && { error: { fault: frame.fault, ...(frame.key && { key: frame.key }) } }),
  };
}

interface Progress {
  failed(): void;
  /** Said at most a few times a second, and at the end. */
  after(entities: number, isLast: boolean): ScanFrame["progress"];
}

/** Nanoseconds between two sayings. */
const PROGRESS_EVERY = 250_000_000n;

function createProgress({ clock }: Pick<Scope, "clock">): Progress {
  const startedAt = clock.now();
  let saidAt = startedAt;
  let since = 0;
  let entities = 0;
  let pages = 0;
  let errors = 0;
  return {
    failed: () => void errors++,
    after: (count, isLast) => {
      entities += count;
      since += count;
      pages++;
      const now = clock.now();
      if (!isLast && now - saidAt < PROGRESS_EVERY) return undefined;
      const rate = now > saidAt ? since / (Number(now - saidAt) / 1e9) : 0;
      saidAt = now;
      since = 0;
      return { entities, pages, errors, startedAt, rate };
    },
  };
}
