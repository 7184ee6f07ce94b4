// Five rounds of test/duress/sigterm.ts, which does a hundred: no call that was sent is lost when the process is asked to end.
import { expect, test } from "vitest";
import { LOAD, sigterm, type Round } from "../../duress/sigterm.ts";

test("SIGTERM under 500 calls per second and 20 open scans", { timeout: 120_000 }, async () => {
  const rounds: Round[] = [];
  await sigterm(5, LOAD, (round) => rounds.push(round));
  expect(rounds).toHaveLength(5);
  for (const round of rounds) {
    expect(round).toMatchObject({ otherwise: {}, scans: LOAD.scans, exit: 0 });
    expect(round.answered).toBeGreaterThan(100);
    expect(round.refused).toBeGreaterThan(0);
    expect(round.ms).toBeLessThan(LOAD.grace);
  }
});
