/** A clause that no fault can break is not a test: each fault fails its own clause and leaves most others green. */

import { beforeAll, chai, describe, expect, test } from "vitest";
import { failuresUnder } from "./caught.ts";
import { unmet, type Clause } from "./clause.ts";
import { clauses, faults } from "./clauses/all.ts";
import { openMemory } from "./stores.ts";

// What failed is printed, and should say what it found.
chai.config.truncateThreshold = 120;

/** Share of the other clauses that one fault may break; some facts rest on others. */
const COLLATERAL = 0.25;

/** Each fault is tried on its own clause and one in so many others, by turns: all of them with all faults would take minutes. */
const TURNS = 4;

let able: readonly Clause[] = [];
beforeAll(async () => {
  const { subject, close } = await openMemory((adapter) => adapter);
  able = clauses.filter((clause) => unmet(clause, subject.capabilities).length === 0);
  await close();
});

describe.each(clauses.map((clause, index) => ({ clause, fault: faults[index], turn: index % TURNS })))(
  "$fault.name",
  ({ clause, fault, turn }) => {
    test(`is caught by "${clause.name}"`, async () => {
      if (!fault) throw new TypeError(`the clause "${clause.name}" has no planted fault`);
      const tried = able.filter((other, index) => other === clause || index % TURNS === turn);
      const failed = await failuresUnder(fault, tried);
      const ran = tried.length;
      const assertion = failed.get(clause.name);
      expect(assertion, `the suite did not notice: ${fault.name}`).toBeDefined();
      process.stdout.write(
        `  planted: ${fault.name} → "${clause.name}" fails: ${assertion} (${failed.size - 1} of ${ran - 1} others too)\n`,
      );
      expect(failed.size - 1).toBeLessThanOrEqual((ran - 1) * COLLATERAL);
    });
  },
);
