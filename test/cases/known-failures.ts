// Reads the list of facts that do not hold yet.
import { readFileSync } from "node:fs";

export interface KnownFailure {
  readonly row: number;
  readonly fact: string;
  readonly place: string;
  readonly why: string;
}

/** Facts that do not hold yet; each must fail, so that the list only shrinks. */
export const KNOWN_FAILURES: readonly KnownFailure[] = JSON.parse(
  readFileSync(new URL("known-failures.json", import.meta.url), "utf8"),
);
