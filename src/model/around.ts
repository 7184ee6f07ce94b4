/** What is done around an operation of any storey: measured, traced. Chosen once for each method, when the house is put together. */

import type { Call } from "./call.ts";

export interface Around<Of extends Call = Call> {
  /** Runs the action and passes on whatever it comes to. */
  run<Result>(call: Of, action: () => Promise<Result>): Promise<Result>;
  /** Passes every frame on; leaving it early leaves `frames`. */
  stream<Frame>(call: Of, frames: AsyncIterable<Frame>): AsyncIterable<Frame>;
}

/** `outer` around `inner`. */
export function nested(outer: Around, inner: Around): Around {
  return {
    run: (call, action) => outer.run(call, () => inner.run(call, action)),
    stream: (call, frames) => outer.stream(call, inner.stream(call, frames)),
  };
}
