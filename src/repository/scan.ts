/** Scan: every row, as frames that can each be continued, also by another process. */

import type { Call } from "../model/call.ts";
import { createCall } from "../model/call.ts";
import { Fault } from "../model/fault.ts";
import type { Reason } from "../model/reason.ts";
import type { Record } from "../model/value.ts";
import { faultOf, pauseAfter } from "./attempt.ts";
import { missing, requireConsistency } from "./capability.ts";
import { Filling, fillFrom } from "./filling.ts";
import { openPosition, pageSizeOf, sealPosition } from "./list.ts";
import { readMask } from "./mask.ts";
import type { Position } from "./position.ts";
import { neededFields, scanRequired, understand, type Question } from "./question.ts";
import type { ScanFrame, ScanRequest } from "./repository.ts";
import { visibility, type Scope } from "./scope.ts";
import { createWalk, type Step, type Walk } from "./walk.ts";

/** Rejects before the first frame where the request is refused. */
export async function* scan(
  scope: Scope,
  request: ScanRequest,
  call: Call,
): AsyncGenerator<ScanFrame, void, undefined> {
  const scanning = begin(scope, request);
  let { position } = scanning;
  while (!position.done) {
    const frame = await fill(scanning, position, call);
    yield frameOf(scanning, position, frame);
    position = frame.next;
  }
}

interface Scanning {
  readonly scope: Scope;
  readonly question: Question;
  readonly walk: Walk;
  readonly shown: readonly number[] | undefined;
  readonly size: number;
  readonly retries: number;
  readonly position: Position;
  readonly progress: Progress;
}

function begin(scope: Scope, request: ScanRequest): Scanning {
  refuseUnbuilt(scope, request);
  const size = pageSizeOf(scope, request.pageSize);
  const shown = readMask(scope.shape, request.readMask);
  const question = understand(scope, request, "Scan");
  const { plan } = question;
  if (!plan.ordered) throw scanRequired(plan, "no key or index delivers this order, and Scan does not sort");
  const visible = visibility(scope, request.showDeleted);
  const fields = neededFields(scope, shown, question);
  const walk = createWalk({ ...scope, pause: noPause }, { plan, fields, visible, consistency: request.consistency });
  const retries = request.maxRetries ?? scope.limits.scanRetries;
  const position =
    request.resumeToken === "" ? startOf(question) : openPosition(scope, question, request.resumeToken, "resume_token");
  return { scope, question, walk, shown, size, retries, position, progress: createProgress(scope) };
}

/** A page's retries are counted here, so nothing below waits on its own. */
const noPause = (): Promise<boolean> => Promise.resolve(false);

function refuseUnbuilt(scope: Scope, request: ScanRequest): void {
  requireConsistency(scope, request.consistency, "read");
  if (request.parallelism < 0) throw negative("parallelism");
  if (request.maxRetries !== undefined && request.maxRetries < 0) throw negative("max_retries");
  if (request.parallelism > 1)
    throw missing(scope, "parallel_scan", "the scan asks for segments side by side", { field: "parallelism" });
  if (request.onError === "continue")
    throw missing(scope, "scan_continue", "the scan asks to go on after errors", { field: "on_error" });
}

function negative(field: string): Fault {
  return new Fault("FIELD_INVALID", `${field} is negative; send 0 or more`, { field });
}

/** Where no row can match, a single empty frame says so. */
function startOf(question: Question): Position {
  return { path: question.path, cursor: undefined, skip: 0, index: 0, page: 0, done: false };
}

interface Frame {
  readonly rows: readonly Record[];
  readonly readAt: bigint;
  readonly next: Position;
}

/** Milliseconds after which a frame is sent with what it holds, so that a reader sees the scan is alive. */
const LONGEST_SILENCE = 1_000;

async function fill(scanning: Scanning, from: Position, call: Call): Promise<Frame> {
  const { scope, size, question } = scanning;
  const readAt = scope.clock.now();
  const filling = new Filling({ scope, from, shown: scanning.shown });
  const silentUntil = performance.now() + LONGEST_SILENCE;
  const ended = (cursor: Uint8Array | undefined): Frame => ({
    rows: filling.rows,
    readAt,
    next: { ...from, cursor, index: from.index + filling.rows.length, page: from.page + 1, done: cursor === undefined },
  });
  if (question.where.kind === "nothing") return ended(undefined);
  let cursor = from.cursor;
  for (;;) {
    const step = await readPage(scanning, cursor, size - filling.rows.length, call);
    const filled = fillFrom(filling, step, { size, before: cursor });
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

async function readPage(scanning: Scanning, after: Uint8Array | undefined, wanted: number, call: Call): Promise<Step> {
  const { scope, walk, retries, progress } = scanning;
  for (let tries = 0; ; tries++) {
    try {
      return await withinPageTime(scope, call, (page) => walk.step(after, wanted, page));
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

function frameOf({ scope, question, shown, progress }: Scanning, from: Position, frame: Frame): ScanFrame {
  return {
    entities: frame.rows.map((record) => ({ record, fields: shown })),
    resumeToken: sealPosition(scope, question, frame.next),
    firstIndex: from.index,
    pageNumber: from.page,
    readAt: frame.readAt,
    progress: progress.after(frame.rows.length, frame.next.done),
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
