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
}

interface Entry {
  readonly stage: string;
  readonly outcome: Outcome;
}

/** @param file is made where it is missing; undefined keeps nothing. Another tree or sample wants another file. */
export async function openJournal(file: string | undefined): Promise<Journal> {
  const text = file === undefined ? "" : await readFile(file, "utf8").catch(() => "");
  const entries = new Map<string, Outcome>();
  for (const line of text.split("\n").filter((each) => each.endsWith("}"))) {
    const { stage, outcome } = JSON.parse(line) as Entry; // a line of ours
    entries.set(nameOf(stage, outcome), { ...outcome, killer: outcome.killer });
  }
  return {
    judged: (stage, mutant) => {
      const outcome = entries.get(nameOf(stage, mutant));
      return outcome && { ...outcome, ...mutant };
    },
    add: async (stage, outcome) => {
      if (file !== undefined) await appendFile(file, `${JSON.stringify({ stage, outcome })}\n`);
    },
  };
}

function nameOf(stage: string, { id, path, line, original, replacement }: Mutant): string {
  return JSON.stringify([stage, id, path, line, original, replacement]);
}
