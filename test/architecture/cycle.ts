// Finds a cycle among imports, of whatever kind: types and workers close a circle as well as values do.
import type { Arrow } from "./world.ts";

/** One cycle as the files it runs through, the first repeated at the end; undefined when there is none. */
export function findCycle(arrows: readonly Arrow[]): readonly string[] | undefined {
  const targets = Map.groupBy(arrows, ({ from }) => from);
  const done = new Set<string>();

  const visit = (file: string, trail: readonly string[]): readonly string[] | undefined => {
    if (done.has(file)) return undefined;
    const start = trail.indexOf(file);
    if (start !== -1) return [...trail.slice(start), file];
    for (const { target } of targets.get(file) ?? []) {
      const cycle = target === undefined ? undefined : visit(target, [...trail, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  };

  for (const file of targets.keys()) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
