// What a duress scenario is, and how it is told: what the caller saw, what health said, what was there afterwards.

/** One line of the table. */
export interface Told {
  /** Codes and reasons that callers got while it lasted. */
  readonly saw: string;
  readonly health: string;
  readonly afterwards: string;
}

export interface Scenario {
  readonly name: string;
  /** @throws AssertionError when something acknowledged is lost, or an answer is not the one that is promised */
  readonly run: () => Promise<Told | Skipped>;
}

/** Why it cannot be done on this machine. */
export interface Skipped {
  readonly skipped: string;
}

export function lineOf(name: string, told: Told | Skipped): string {
  if ("skipped" in told) return `| ${name} | skipped: ${told.skipped} | | |`;
  return `| ${name} | ${told.saw} | ${told.health} | ${told.afterwards} |`;
}

export const heading = "| scenario | the caller saw | health said | afterwards |\n| --- | --- | --- | --- |";
