// Three rounds of test/duress/sigterm.ts, which does a hundred: no call that was sent is lost when the process is asked to end.
import { expect, test } from "vitest";
import { LOAD, sigterm, type Load, type Round } from "../../duress/sigterm.ts";

/** Twice that of the script: half of it is left when the scans are told to end, and a busy machine needs more than two seconds for that. */
const load: Load = { ...LOAD, grace: 8_000 };

test("SIGTERM under 500 calls per second and 20 open scans", { timeout: 120_000 }, async () => {
  const rounds: Round[] = [];
  await sigterm(3, load, (round) => rounds.push(round));
  expect(rounds).toHaveLength(3);
  for (const round of rounds) {
    expect(round).toMatchObject({ otherwise: {}, scans: load.scans, exit: 0 });
    expect(round.answered).toBeGreaterThan(0);
    expect(round.refused).toBeGreaterThan(0);
    expect(round.ms).toBeLessThan(load.grace);
  }
});
