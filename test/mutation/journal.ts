/** What was judged so far, a line each, so that a run that is cut goes on where it was. */

import { appendFile, readFile } from "node:fs/promises";
import type { Mutant } from "./mutants.ts";

export interface Outcome extends Mutant {
  /** What noticed it; undefined where it survived. */
  readonly killer: string | undefined;
  /** Reached by no clause, not even when a module is loaded. */
  readonly isUnpassed?: true;
}

export interface Journal {
  /** What a stage of an earlier run said of the mutant; undefined where none did. */
  judged(stage: string, mutant: Mutant): Outcome | undefined;
  add(stage: string, outcome: Outcome): Promise<void>;
  /** The places that a file of unit tests comes by; undefined where no run has asked. */
  placesOf(file: string): readonly number[] | undefined;
  addPlaces(file: string, places: readonly number[]): Promise<void>;
}

type Entry =
  { readonly stage: string; readonly outcome: Outcome } | { readonly file: string; readonly places: readonly number[] };

/** @param file is made where it is missing; undefined keeps nothing. Another tree or sample wants another file. */
export async function openJournal(file: string | undefined): Promise<Journal> {
  const text = file === undefined ? "" : await readFile(file, "utf8").catch(() => "");
  const entries = new Map<string, Outcome>();
  const covered = new Map<string, readonly number[]>();
  for (const line of text.split("\n").filter((each) => each.endsWith("}"))) {
    const entry = JSON.parse(line) as Entry; // a line of ours
    if ("file" in entry) covered.set(entry.file, entry.places);
    else entries.set(nameOf(entry.stage, entry.outcome), { ...entry.outcome, killer: entry.outcome.killer });
  }
  const append = async (entry: Entry): Promise<void> => {
    if (file !== undefined) await appendFile(file, `${JSON.stringify(entry)}\n`);
  };
  return {
    judged: (stage, mutant) => {
      const outcome = entries.get(nameOf(stage, mutant));
      return outcome && { ...outcome, ...mutant };
    },
    add: async (stage, outcome) => {
      await append({ stage, outcome });
    },
    placesOf: (test) => covered.get(test),
    addPlaces: async (test, places) => {
      if (!covered.has(test)) await append({ file: test, places });
    },
  };
}

function nameOf(stage: string, { id, path, line, original, replacement }: Mutant): string {
  return JSON.stringify([stage, id, path, line, original, replacement]);
}
