/** Interceptors wrap an operation of any stage, to measure or trace it. One is made for each method at start-up. */

import type { Call } from "./call.ts";

export interface Interceptor<Of extends Call = Call> {
  /** Runs the action and passes on whatever it comes to. */
  run<Result>(call: Of, action: () => Promise<Result>): Promise<Result>;
  /** Passes every frame on; leaving it early leaves `frames`. */
  stream<Frame>(call: Of, frames: AsyncIterable<Frame>): AsyncIterable<Frame>;
}

/** One interceptor of two: `outer` wraps `inner`. */
export function nestedInterceptors(outer: Interceptor, inner: Interceptor): Interceptor {
  return {
    run: (call, action) => outer.run(call, () => inner.run(call, action)),
    stream: (call, frames) => outer.stream(call, inner.stream(call, frames)),
  };
}
