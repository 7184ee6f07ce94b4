/** Faults that a test asks for: calls that fail, and calls that are slow. */

import { setTimeout as sleep } from "node:timers/promises";
import type { AbortReason } from "../model/call.ts";
import { Fault } from "../model/fault.ts";
import type { Reason } from "../model/reason.ts";
import { rejectedOf } from "../service/status.ts";
import type { DuplexMethod, IncomingCall, Method } from "../transport/transport.ts";

export interface FaultRule {
  /** For example "Update", or "shop.v1.OrderRepository/Update"; every method when absent. */
  readonly method?: string;
  /** The first call that it concerns, counted from 1 among those that match; 1 when absent. */
  readonly from?: number;
  /** How many calls it concerns; all when absent. */
  readonly times?: number;
  /** Milliseconds before the call is carried out, or fails. */
  readonly latency?: number;
  /** A reason of the sidecar's list: the call fails with it. */
  readonly error?: Reason;
  /** Whether the call is carried out all the same before it fails; a write then happens, and its caller is told that it failed. */
  readonly after?: boolean;
  /** Milliseconds that the error asks callers to wait. */
  readonly retryAfter?: number;
}

export interface Faults {
  /** Adds a rule; answers the function that takes it away again. The first that concerns a call decides. */
  add(rule: FaultRule): () => void;
  /** Takes all away. */
  clear(): void;
}

export interface FaultSource extends Faults {
  around(methods: ReadonlyMap<string, Method | DuplexMethod>): ReadonlyMap<string, Method | DuplexMethod>;
}

interface Counted {
  readonly rule: FaultRule;
  seen: number;
}

export function createFaults(): FaultSource {
  const rules = new Set<Counted>();
  const find = (path: string): FaultRule | undefined => {
    let found: FaultRule | undefined;
    for (const counted of rules) {
      if (!matches(counted.rule, path)) continue;
      counted.seen += 1;
      if (!found && concerns(counted)) found = counted.rule;
    }
    return found;
  };
  return {
    add: (rule) => {
      const counted = { rule, seen: 0 };
      rules.add(counted);
      return () => void rules.delete(counted);
    },
    clear: () => rules.clear(),
    around: (methods) => new Map(Array.from(methods, ([path, method]) => [path, around(path, method, find)])),
  };
}

function matches({ method }: FaultRule, path: string): boolean {
  return method === undefined || path === `/${method}` || path.endsWith(`/${method}`);
}

function concerns({ rule: { from = 1, times = Infinity }, seen }: Counted): boolean {
  return seen >= from && seen < from + times;
}

type Find = (path: string) => FaultRule | undefined;

function around(path: string, method: Method | DuplexMethod, find: Find): Method | DuplexMethod {
  if (method.kind === "unary")
    return {
      kind: "unary",
      timeout: method.timeout,
      handle: async (request, call) => {
        const rule = find(path);
        if (!rule) return method.handle(request, call);
        await before(rule, call);
        const answer = await method.handle(request, call);
        refuse(rule);
        return answer;
      },
    };
  if (method.kind === "duplex") return method;
  return {
    kind: "server_stream",
    handle: async function* (request, call) {
      const rule = find(path);
      if (rule) await before(rule, call);
      for await (const frame of method.handle(request, call)) {
        yield frame;
        if (rule) refuse(rule);
      }
      if (rule) refuse(rule);
    },
  };
}

async function before(rule: FaultRule, call: IncomingCall): Promise<void> {
  if (rule.latency !== undefined) await sleep(rule.latency, undefined, { signal: call.signal }).catch(() => {});
  if (call.signal.aborted) throw rejectedOf(ended(call));
  if (rule.after !== true) refuse(rule);
}

/** Why the call is over, which the transport knew first. */
function ended({ signal }: IncomingCall): Fault {
  const reason: AbortReason | undefined = signal.reason;
  if (reason === "deadline") return new Fault("DEADLINE_EXCEEDED", "the deadline passed before an answer came");
  return new Fault("CANCELLED", "the call was cancelled");
}

/** @throws Rejected where the rule says so */
function refuse({ error, retryAfter }: FaultRule): void {
  if (error === undefined) return;
  const detail = retryAfter === undefined ? {} : { retryAfter };
  throw rejectedOf(new Fault(error, `a test asked for ${error}`, detail));
}
