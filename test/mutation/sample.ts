/** The mutants of src/adapter and src/model, and a sample of them in which every file has its share. */

import { glob, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { mutantsOf, type Mutant } from "./mutants.ts";

export const ROOT: string = resolve(fileURLToPath(new URL("../..", import.meta.url)));

export interface Mutated {
  readonly mutants: readonly Mutant[];
  /** By absolute path. */
  readonly texts: { readonly [path: string]: string };
}

/** What other suites judge (schema changes), what runs in another thread, and what needs a server. See the README. */
const LEFT_OUT = new RegExp(
  [
    "/(?:postgresql|cockroachdb|mysql|tidb|cassandra|scylla|cql|dynamodb|mongodb|sql/server)/",
    "sqlite/(?:writing/(?:thread|writer-thread|wire-)|file-watch|inspection|abilities|conversion/row-|tables/(?:survey|schema|index-names))",
    "embedded/(?:byte-schema|byte-abilities|byte-catalog)",
    "conversion|contracts|-text\\.ts|registry\\.ts",
  ].join("|"),
  "u",
);

/** @param isWanted by number: whether the mutant is in the text */
export async function mutantsIn(isWanted: (id: number) => boolean): Promise<Mutated> {
  const mutants: Mutant[] = [];
  const texts: { [path: string]: string } = {};
  const paths: string[] = [];
  for await (const path of glob("src/{adapter,model}/**/*.ts", { cwd: ROOT })) paths.push(path);
  for (const path of paths.toSorted()) {
    if (LEFT_OUT.test(path)) continue;
    const source = await readFile(join(ROOT, path), "utf8");
    const mutated = mutantsOf(path, source, mutants.length, isWanted);
    mutants.push(...mutated.mutants);
    texts[join(ROOT, path)] = mutated.code;
  }
  return { mutants, texts };
}

/** About `most`: of every file as large a share as of all, and one at least. In random order. */
export function chooseByFile(mutants: readonly Mutant[], seed: number, most: number): readonly Mutant[] {
  const random = randomOf(seed);
  const shuffled = (some: readonly Mutant[]): readonly Mutant[] =>
    some
      .map((mutant) => ({ mutant, at: random() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ mutant }) => mutant);
  const share = Math.min(1, most / Math.max(mutants.length, 1));
  const files = Map.groupBy(mutants, ({ path }) => path);
  const chosen = [...files.values()].flatMap((some) =>
    shuffled(some).slice(0, Math.max(Math.round(some.length * share), 1)),
  );
  return shuffled(chosen);
}

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
