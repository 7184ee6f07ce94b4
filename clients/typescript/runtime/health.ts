/** grpc.health.v1, as far as a client asks it. */

import type { Health, HealthOptions } from "../api/database.ts";
import { Writer } from "../codec/writer.ts";
import { PannierError } from "../error/pannier-error.ts";
import { writeText } from "../request/options.ts";
import { readNumber } from "./answers.ts";
import { sleep, type Caller, type Method } from "./caller.ts";

const check: Method = { path: "/grpc.health.v1.Health/Check", entity: undefined, method: "Check", isRead: true };
const SERVING = 1;
/** Milliseconds between questions to a sidecar that does not serve yet. */
const pause = 50;

export async function askHealth(caller: Caller, { service, ...options }: HealthOptions = {}): Promise<Health> {
  const writer = new Writer();
  writeText(writer, 1, service);
  try {
    const status = await caller.call({ method: check, request: writer.finish(), options, read: readNumber });
    return status === SERVING ? "serving" : "notServing";
  } catch (error) {
    if (error instanceof PannierError && error.code === "NOT_FOUND") return "unknown";
    throw error;
  }
}

/** @throws PannierError when it does not serve in time */
export async function waitUntilServing(caller: Caller, milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  for (;;) {
    const left = until - performance.now();
    const health = await askHealth(caller, { timeout: Math.max(1, left) });
    if (health === "serving") return;
    if (performance.now() + pause > until) throw notServing(milliseconds);
    await sleep(pause, undefined);
  }
}

function notServing(milliseconds: number): PannierError {
  return new PannierError({
    code: "UNAVAILABLE",
    reason: "NOT_SERVING",
    message: `the sidecar answers, but has not said that it serves within ${milliseconds} ms`,
    isUnexecuted: true,
  });
}
