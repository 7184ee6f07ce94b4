/** Tells when the configuration file may have changed: written in place, renamed over, or behind a link that Kubernetes swaps. */

import { watch, type FSWatcher } from "node:fs";
import { basename, dirname } from "node:path";

export interface FileWatch {
  stop(): void;
}

/**
 * The directory is watched, because a file that is replaced is another file. Undefined, after `onProblem`, where nothing can be watched.
 * `onEvent` may come several times for one change, and for none; whoever listens waits for quiet and compares.
 */
export function watchFile(
  path: string,
  onEvent: () => void,
  onProblem: (error: unknown) => void,
): FileWatch | undefined {
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(dirname(path), { persistent: false }, (_, name) => {
      if (name === null || name === basename(path) || name.startsWith("..")) onEvent(); // Kubernetes swaps ..data
    });
    watcher.on("error", onProblem);
  } catch (error) {
    onProblem(error);
    return undefined;
  }
  return { stop: () => watcher.close() };
}
