/** Measures an operation, or each frame of a stream: how long a reader takes over a frame is no news about the server. */

import type { Interceptor } from "../model/interceptor.ts";
import type { Histogram } from "./instrument.ts";

const second = 1e-3; // of a millisecond

export function timed(histogram: Histogram): Interceptor {
  return {
    run: async (_call, action) => {
      const started = performance.now();
      try {
        return await action();
      } finally {
        histogram.observe((performance.now() - started) * second);
      }
    },
    stream: (_call, frames) => timedFrames(frames, histogram),
  };
}

async function* timedFrames<Frame>(frames: AsyncIterable<Frame>, histogram: Histogram): AsyncGenerator<Frame> {
  let asked = performance.now();
  for await (const frame of frames) {
    histogram.observe((performance.now() - asked) * second);
    yield frame;
    asked = performance.now();
  }
}
