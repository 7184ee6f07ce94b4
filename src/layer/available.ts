/** Refuses every call of a repository that is not there yet, or not at all. */

import type { Layer } from "./layer.ts";

/** `assertThere` throws the Fault that says why not. Of an Execute, each entity is asked for by the Execute itself. */
export function available(assertThere: () => void): Layer {
  return {
    parts: "unseen",
    perform: (operation, call, next) => {
      assertThere();
      return next(operation, call);
    },
    scan: (operation, call, next) => {
      assertThere();
      return next(operation, call);
    },
  };
}
