/** Which file or directory a path names: equal texts for equal ones, however they are spelled, linked or mounted. */

import { readlink, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/** As many links as Linux follows. */
const MOST_LINKS = 40;

/** By number of the device and the file where it is there; else by the nearest directory that is, and the rest of the path. */
export async function placeOf(path: string): Promise<string> {
  let current = resolve(path);
  let rest = "";
  for (let links = 0; ;) {
    const found = await stat(current, { bigint: true }).catch(() => undefined);
    if (found) return join(`${found.dev}:${found.ino}`, rest);
    const target = links < MOST_LINKS ? await readlink(current).catch(() => undefined) : undefined;
    if (target !== undefined) {
      links += 1;
      current = resolve(dirname(current), target); // a link to what is not there yet, which opening it would make
    } else if (dirname(current) === current) return join(current, rest);
    else {
      rest = join(basename(current), rest);
      current = dirname(current);
    }
  }
}
