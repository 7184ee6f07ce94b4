/** Whether this process should get calls: every check asked at once, inside one budget, once for all who ask at the same time. */

import { createCall, type Call } from "../model/call.ts";
import { Fault } from "../model/fault.ts";

export interface HealthCheck {
  /** For example `store.default`. */
  readonly name: string;
  /** Resolves with something to report, or nothing, when all is well. @throws whatever is wrong */
  check(call: Call): Promise<string | undefined>;
}

export interface CheckResult {
  readonly status: "ok" | "failed";
  readonly ms: number;
  /** Why it failed: a reason, never an error's text. */
  readonly reason?: string;
  /** Of a failure, the entity it concerns. */
  readonly detail?: string;
}

export interface ReadinessReport {
  readonly status: "ok" | "unavailable";
  readonly checks: { readonly [name: string]: CheckResult };
  /** RFC 3339. */
  readonly timestamp: string;
}

export interface Readiness {
  report(): Promise<ReadinessReport>;
}

const budget = 5_000; // milliseconds

export function createReadiness(checks: readonly HealthCheck[]): Readiness {
  let running: Promise<ReadinessReport> | undefined;
  return {
    report: () =>
      (running ??= ask(checks).finally(() => {
        running = undefined;
      })),
  };
}

async function ask(checks: readonly HealthCheck[]): Promise<ReadinessReport> {
  const results = await Promise.all(checks.map(async (check) => [check.name, await one(check)] as const));
  return {
    status: results.every(([, { status }]) => status === "ok") ? "ok" : "unavailable",
    checks: Object.fromEntries(results),
    timestamp: new Date().toISOString(),
  };
}

async function one(check: HealthCheck): Promise<CheckResult> {
  const started = performance.now();
  const control = createCall({ timeout: budget, requestId: "readiness" });
  const over = new Promise<never>((_, reject) =>
    control.call.onAbort(() => reject(new Fault("DEADLINE_EXCEEDED", "the check took too long"))),
  );
  const ms = (): number => Math.round((performance.now() - started) * 100) / 100;
  try {
    const detail = await Promise.race([check.check(control.call), over]);
    return { status: "ok", ms: ms(), ...(detail === undefined ? {} : { detail }) };
  } catch (error) {
    const { reason, detail } = error instanceof Fault ? error : { reason: "INTERNAL", detail: {} };
    return { status: "failed", ms: ms(), reason, ...(detail.entity === undefined ? {} : { detail: detail.entity }) };
  } finally {
    control.finish();
  }
}
