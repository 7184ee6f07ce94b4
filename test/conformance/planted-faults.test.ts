/** A clause that no fault can break is not a test: each fault fails its own clause and leaves most others green. */

import { chai, describe, expect, test } from "vitest";
import { Fault } from "../../src/model/fault.ts";
import { unmet } from "./clause.ts";
import { clauses, faults } from "./clauses/all.ts";
import { openMemory } from "./stores.ts";

// What failed is printed, and should say what it found.
chai.config.truncateThreshold = 120;

/** Share of the other clauses that one fault may break; some facts rest on others. */
const COLLATERAL = 0.25;

describe.each(clauses.map((clause, index) => ({ clause, fault: faults[index] })))(
  "$fault.name",
  ({ clause, fault }) => {
    test(`is caught by "${clause.name}"`, async () => {
      if (!fault) throw new TypeError(`the clause "${clause.name}" has no planted fault`);
      const { failed, ran } = await runAll((adapter) => fault.plant(adapter));
      const assertion = failed.get(clause.name);
      expect(assertion, `the suite did not notice: ${fault.name}`).toBeDefined();
      process.stdout.write(
        `  planted: ${fault.name} → "${clause.name}" fails: ${assertion} (${failed.size - 1} of ${ran - 1} others too)\n`,
      );
      expect(failed.size - 1).toBeLessThanOrEqual((ran - 1) * COLLATERAL);
    });
  },
);

async function runAll(plant: Parameters<typeof openMemory>[0]): Promise<{ failed: Map<string, string>; ran: number }> {
  const opened = await openMemory(plant);
  const { subject } = opened;
  const failed = new Map<string, string>();
  const able = clauses.filter((clause) => unmet(clause, subject.capabilities).length === 0);
  for (const clause of able) {
    await clause.run(subject).catch((error: unknown) => {
      failed.set(clause.name, firstLine(error));
    });
  }
  await opened.close();
  return { failed, ran: able.length };
}

/** Of a call that should have succeeded, the reason it was refused for. */
function firstLine(error: unknown): string {
  if (error instanceof Fault) return `refused for ${error.reason}: ${error.message}`;
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0] ?? text;
}
