/** All telemetry in one object: the interceptors of each stage, and what the metrics page reads. */

import { nestedInterceptors, type Interceptor } from "../model/interceptor.ts";
import { createCallMetrics, type CallMetrics } from "./call-metrics.ts";
import type { Metric } from "./exposition.ts";
import { createProcessMetrics } from "./process-metrics.ts";
import { timed } from "./timed.ts";
import { startTracing, type Traced, type Tracing, type TracingOptions } from "./tracing.ts";

export interface TelemetryOptions extends TracingOptions {
  readonly version: string;
}

export interface Telemetry {
  readonly calls: CallMetrics;
  /** Where the environment asks for traces. */
  readonly tracing: Tracing | undefined;
  /** Of calls and of the process. */
  readonly metrics: readonly Metric[];
  /** Times an operation below the calls, and traces it where traces are asked for. */
  interceptor(traced: Traced): Interceptor;
  /** Sends what is left. */
  stop(): Promise<void>;
}

export async function startTelemetry({ version, ...options }: TelemetryOptions): Promise<Telemetry> {
  const calls = createCallMetrics();
  const own = createProcessMetrics({ version });
  const tracing = await startTracing(options);
  return {
    calls,
    tracing,
    metrics: [...calls.metrics, ...own.metrics],
    interceptor: (traced) => {
      const measured = timed(calls.seconds(traced.stage, traced.method));
      return tracing ? nestedInterceptors(tracing.interceptor(traced), measured) : measured;
    },
    stop: async () => {
      own.stop();
      await tracing?.stop();
    },
  };
}
