/**
 * Wraps every adapter, so that it keeps the contract: calls settle as soon as they abort, failures are Faults, outcomes are dense and
 * positional, and only published members are there.
 */

import { createCall, type AbortReason, type Call } from "../../model/call.ts";
import { Fault } from "../../model/fault.ts";
import type { Reason } from "../../model/reason.ts";
import {
  NotSent,
  type Adapter,
  type ExecuteResult,
  type ImageOptions,
  type Operations,
  type ReadOutcome,
  type ReadRequest,
  type Reads,
  type ScanWindow,
  type Transaction,
  type WriteResult,
} from "../adapter.ts";
import { has, MEMBER_OF, namesOf, type CapabilityName } from "../capabilities.ts";
import type { Collected } from "../collection.ts";
import { guardSchema, guardStatements } from "./guard-statements.ts";

/** Whether a call that is given up may have changed something. */
type Kind = "read" | "write";

/**
 * @param onFault called with everything an operation fails with, single items of a batch included
 * @throws TypeError where the adapter publishes what nobody does
 */
export function guard(inner: Adapter, store: string, onFault: (fault: Fault) => void = () => {}): Adapter {
  requireMembers(inner, store);
  const watch = createWatch(inner, store, onFault);
  const published: Published = (name) => has(inner.capabilities, name);
  const { schema, statements } = inner;
  const consistent = inner.consistent?.bind(inner);
  const execute = inner.execute?.bind(inner);
  const begin = inner.begin?.bind(inner);
  const collect = inner.collect?.bind(inner);
  const gauges = inner.gauges?.bind(inner);
  const numbers = inner.numbers?.bind(inner);
  const segments = inner.segments?.bind(inner);
  return {
    ...guardOperations(inner, watch, published),
    capabilities: inner.capabilities,
    plan: (query) => inner.plan(query),
    ...(inner.unfit && { unfit: inner.unfit }),
    ...(inner.isReadOneState !== undefined && { isReadOneState: inner.isReadOneState }),
    ...(segments && published("parallel_scan") ? { segments } : {}),
    classify: (error) => watch.fault(error),
    ping: (call) => watch.run("read", call, () => inner.ping(call)),
    close: () => inner.close(),
    ...(consistent && published("consistent_read")
      ? {
          consistent: (body, call) =>
            watch.run("read", call, () => consistent((reads) => body(guardReads(reads, watch, published)), call)),
        }
      : {}),
    ...(collect && published("entity_collections")
      ? {
          collect: async (query, window, call) =>
            watch.collected(await watch.run("read", call, () => collect(query, window, call)), window.limit),
        }
      : {}),
    ...(execute && (published("execute") || published("partition_execute"))
      ? {
          execute: async (request, call) => {
            refuseUnpublished(request, watch.store, published);
            const kind = request.steps.some((step) => step.kind === "write") ? "write" : "read";
            const result = await watch.run(kind, call, () => execute(request, call));
            return watch.executed(result, request.steps.length);
          },
        }
      : {}),
    ...(begin && published("begin")
      ? {
          begin: async (options, call) => {
            const transaction = await beginInTime(watch, call, () => begin(options, call));
            return guardTransaction(transaction, watch, published);
          },
        }
      : {}),
    ...(numbers && published("sequence")
      ? { numbers: (request, call) => watch.run("read", call, () => numbers(request, call)) }
      : {}),
    ...(schema && published("schema") ? { schema: guardSchema(schema, watch) } : {}),
    ...(statements && published("statements") ? { statements: guardStatements(statements, watch) } : {}),
    ...(inner.nodeNumbers && published("node_numbers") ? { nodeNumbers: inner.nodeNumbers } : {}), // no I/O
    ...(inner.unitCost && { unitCost: (mutations) => inner.unitCost?.(mutations) ?? mutations.length }),
    ...(gauges ? { gauges } : {}),
  };
}

/** What is published and left undone would be met by a caller first, as a mistake of ours. */
function requireMembers(inner: Adapter, store: string): void {
  for (const name of namesOf(inner.capabilities)) {
    const member = MEMBER_OF[name];
    if (!has(inner.capabilities, name) || !member || inner[member] !== undefined) continue;
    throw new TypeError(`store "${store}" publishes ${name}, which its adapter does (DONE_BY), and has no ${member}`);
  }
}

/** Milliseconds that a transaction which came too late has to be rolled back. */
const ROLLBACK_TIMEOUT = 5_000;

/** A transaction that comes after its call has ended belongs to nobody, and is rolled back. */
async function beginInTime(watch: Watch, call: Call, begin: () => Promise<Transaction>): Promise<Transaction> {
  let begun: Promise<Transaction> | undefined;
  try {
    return await watch.run("read", call, () => (begun = begin()));
  } catch (error) {
    void begun?.then(rollBackLate, () => {}).catch((failure: unknown) => watch.failed(failure));
    throw error;
  }
}

async function rollBackLate(transaction: Transaction): Promise<void> {
  const control = createCall({ timeout: ROLLBACK_TIMEOUT, requestId: "late-begin" });
  try {
    await transaction.rollback(control.call);
  } finally {
    control.finish();
  }
}

type Published = (name: CapabilityName) => boolean;

function guardTransaction(inner: Transaction, watch: Watch, published: Published): Transaction {
  return {
    ...guardOperations(inner, watch, published),
    commit: (call) => watch.run("write", call, () => inner.commit(call)),
    rollback: (call) => watch.run("read", call, () => inner.rollback(call)),
    ...(inner.statements && published("statements") ? { statements: guardStatements(inner.statements, watch) } : {}),
  };
}

function guardOperations(inner: Operations, watch: Watch, published: Published): Operations {
  const modify = inner.modify?.bind(inner);
  return {
    ...guardReads(inner, watch, published),
    write: async (request, call) => {
      refuseUnpublished(request, watch.store, published);
      const result = await watch.run("write", call, () => inner.write(request, call));
      return watch.written(result, request.mutations.length);
    },
    ...(modify && published("modify")
      ? {
          modify: async (mutation, decide, options, call) => {
            refuseUnpublished(options, watch.store, published);
            const result = await watch.run("write", call, () => modify(mutation, decide, options, call));
            return watch.written(result, 1);
          },
        }
      : {}),
  };
}

function guardReads(inner: Reads, watch: Watch, published: Published): Reads {
  const count = inner.count?.bind(inner);
  return {
    read: async (request, call) => {
      const outcomes = await watch.run("read", call, () => inner.read(request, call));
      return watch.read(outcomes, request);
    },
    scan: async (plan, window, call) => {
      const rows = await watch.run("read", call, () => inner.scan(plan, window, call));
      return watch.window(rows, window.limit);
    },
    ...(count && published("count")
      ? { count: (plan, options, call) => watch.run("read", call, () => count(plan, options, call)) }
      : {}),
  };
}

/** What would not be done must not be asked in vain: nothing of the write is done either. */
function refuseUnpublished({ images, derive }: ImageOptions, store: string, published: Published): void {
  const lacks =
    images && !published("images") ? "images" : derive && !published("derived_rows") ? "derived_rows" : undefined;
  if (!lacks) return;
  throw new Fault("CAPABILITY_MISSING", `the write asks for ${lacks}, which store "${store}" cannot do`, {
    store,
    metadata: { capability: lacks },
  });
}

interface Watch {
  readonly store: string;
  run<Result>(kind: Kind, call: Call, action: () => Promise<Result>): Promise<Result>;
  fault(error: unknown): Fault;
  /** The Fault, reported to whoever counts them. */
  failed(error: unknown): Fault;
  outcomes<Outcome extends { readonly status: string }>(
    outcomes: readonly Outcome[],
    expected: number,
  ): readonly Outcome[];
  read(outcomes: readonly ReadOutcome[], request: ReadRequest): readonly ReadOutcome[];
  written(result: WriteResult, expected: number): WriteResult;
  executed(result: ExecuteResult, expected: number): ExecuteResult;
  window(rows: ScanWindow, limit: number): ScanWindow;
  collected(found: Collected, limit: number): Collected;
}

function createWatch(adapter: Adapter, store: string, onFault: (fault: Fault) => void): Watch {
  const fault = (error: unknown): Fault => (error instanceof Fault ? error : adapter.classify(error)).within({ store });
  const failed = (error: unknown): Fault => {
    const found = fault(error);
    onFault(found);
    return found;
  };
  const broken = (what: string): Fault =>
    new Fault("INTERNAL", "the store's adapter broke its contract", { store, cause: new Error(what) });

  const watch: Watch = {
    store,
    fault,
    failed,
    run: (kind, call, action) =>
      new Promise((resolve, reject) => {
        let because: AbortReason | undefined;
        let started = false;
        const release = call.onAbort((reason) => {
          because = reason;
          const end = (): void => reject(abandoned(started ? kind : "read", reason, store));
          // Of a write the adapter may know in this turn that it was not sent.
          if (kind === "write" && started) setImmediate(end);
          else end();
        });
        if (because !== undefined) return;
        started = true;
        const fail = (error: unknown): void => {
          release();
          reject(error instanceof NotSent && because ? abandoned("read", because, store) : failed(error));
        };
        try {
          action().then((result) => {
            release();
            resolve(result);
          }, fail);
        } catch (error) {
          fail(error); // an adapter that throws before its first await has failed like any other
        }
      }),
    outcomes: (outcomes, expected) => {
      if (outcomes.length !== expected) throw broken(`${outcomes.length} outcomes for ${expected}`);
      if (!outcomes.some((outcome) => outcome?.status === "failed")) return outcomes;
      return outcomes.map((outcome) => (isFailed(outcome) ? { ...outcome, error: failed(outcome.error) } : outcome));
    },
    read: (outcomes, { keys, maxBytes }) => {
      // Whoever asks again from an unread position would ask for ever.
      const unread = outcomes.findIndex(({ status }) => status === "unread");
      if (unread === 0 || (unread > 0 && maxBytes === undefined)) throw broken(`the key at ${unread} was not read`);
      return watch.outcomes(outcomes, keys.length);
    },
    written: (result, expected) =>
      result.kind === "reused" ? result : { kind: result.kind, outcomes: watch.outcomes(result.outcomes, expected) },
    executed: (result, expected) =>
      result.kind === "reused" ? result : { kind: result.kind, outcomes: watch.outcomes(result.outcomes, expected) },
    window: (rows, limit) => {
      if (rows.rows.length > limit) throw broken(`${rows.rows.length} rows where ${limit} were asked`);
      return rows;
    },
    collected: (found, limit) => {
      const { items } = found;
      if (items.length > limit) throw broken(`${items.length} items where ${limit} were asked`);
      if (!items.some(({ kind }) => kind === "failed")) return found;
      const told = items.map((item) => (item.kind === "failed" ? { ...item, error: failed(item.error) } : item));
      return { ...found, items: told, cursor: (index) => found.cursor(index) };
    },
  };
  return watch;
}

function isFailed(outcome: {
  readonly status: string;
}): outcome is { readonly status: "failed"; readonly error: unknown } {
  return outcome.status === "failed" && "error" in outcome;
}

const reads: { readonly [Because in AbortReason]: Reason } = {
  deadline: "DEADLINE_EXCEEDED",
  cancelled: "CANCELLED",
  slow_consumer: "SLOW_CONSUMER",
  draining: "DRAINING",
};

/** Of a write that was sent nobody knows whether it happened; UNAVAILABLE would say that it did not. */
const writes: { readonly [Because in AbortReason]: Reason } = {
  deadline: "DEADLINE_EXCEEDED",
  cancelled: "DEADLINE_EXCEEDED",
  slow_consumer: "WRITE_OUTCOME_UNKNOWN",
  draining: "WRITE_OUTCOME_UNKNOWN",
};

function abandoned(kind: Kind, because: AbortReason, store: string): Fault {
  const reason = kind === "write" ? writes[because] : reads[because];
  const ended = because === "draining" ? "the server stopped" : "the call ended";
  return kind === "write"
    ? new Fault(reason, `${ended} before the store answered; the write may have happened`, { store, neverResend: true })
    : new Fault(reason, `${ended} before the store answered; nothing was changed`, {
        store,
        ...(because === "draining" && { retryAfter: 1_000 }),
      });
}
