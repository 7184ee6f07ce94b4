/** Before each file of unit tests: which mutant is active; after it, which places it passed. `unit-process.ts` provides both. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, inject } from "vitest";
import { mutation } from "./active.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Number of the active mutant, or -1. */
    mutant: number;
    /** A folder for the places that are passed; empty where nobody asks. */
    passed: string;
  }
}

mutation.active = inject("mutant");

const folder = inject("passed");
if (folder !== "") {
  const places = new Set<number>();
  mutation.passed = places;
  afterAll(() => writeFile(join(folder, "places.json"), JSON.stringify([...places])));
}
