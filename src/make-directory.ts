/** Makes a directory and those above it. Node's own recursive mkdir never returns where the kernel says ENOENT below a directory that exists, as in /proc. */

import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Synchronous, and for the start alone. @throws what mkdir or stat says, ENOTDIR where something in the way is no directory */
export function makeDirectory(path: string, mode: number = 0o777): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  const above = dirname(path);
  if (!found && above !== path) makeDirectory(above, mode);
  try {
    mkdirSync(path, mode);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
