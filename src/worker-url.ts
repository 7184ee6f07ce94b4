// Where a worker's entry point lies: as TypeScript in a checkout, as JavaScript once emitted. The one rule, because emitting rewrites imports but not URLs.

/** Extension that modules have where this one runs: ".ts" in sources, ".js" when emitted. */
const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

/**
 * Resolves the entry point of a worker thread.
 *
 * @param base the caller's `import.meta.url`
 * @param name path of the entry point relative to the caller, without extension, for example "./writer"
 */
export function workerUrl(base: string | URL, name: string): URL {
  return new URL(name + extension, base);
}
