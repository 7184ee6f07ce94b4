/** What the contract says of opening, closing and dying: every clause on every store, and every fault on one. */

import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Capabilities } from "../../../src/adapter/capabilities.ts";
import { ServerMissing } from "../../servers/run-server.ts";
import { unmet } from "../clause.ts";
import { openingClauses } from "./all.ts";
import { caughtBy } from "./caught.ts";
import { PLACES, withPlace } from "./place.ts";
import * as swept from "./swept.ts";

// Processes are started and killed.
vi.setConfig({ testTimeout: 300_000 });

/** Milliseconds: some servers take their time to start. */
const STARTING = 300_000;

describe.each(PLACES)("$name", (kept) => {
  let capabilities: Capabilities = {};
  let noServer: string | undefined;
  beforeAll(async () => {
    try {
      await withPlace(kept, async (place) => {
        ({ capabilities } = (await place.open()).adapter);
      });
    } catch (error) {
      if (!(error instanceof ServerMissing)) throw error;
      noServer = error.message;
    }
  }, STARTING);

  test.for(openingClauses)("$clause.name", async ({ clause }, context) => {
    context.skip(noServer !== undefined, noServer);
    const missing = unmet(clause, capabilities);
    context.skip(missing.length > 0, `not published: ${missing.join(", ")}`);
    expect.hasAssertions();
    context.skip(clause.isAboutFiles === true && kept.path === undefined, "its rows are in no file here");
    await withPlace(kept, async (place) => {
      const untold = await clause.untold?.(place);
      context.skip(untold !== undefined, untold);
      await clause.run(place);
    });
  });
});

const planted = openingClauses.flatMap(({ clause, faults }) => faults.map((fault) => ({ clause, fault })));

/** Servers sweep by statements of their own. */
const SWEEPING = ["PostgreSQL", "MariaDB"];
const sweeping = PLACES.filter(({ name }) => SWEEPING.includes(name));

test.for(sweeping)("the sweeper is off on $name: caught", async (kept, context) => {
  const noServer = await kept.url().then(
    () => undefined,
    (error: unknown) => (error instanceof ServerMissing ? error.message : undefined),
  );
  context.skip(noServer !== undefined, noServer);
  for (const fault of swept.faults) {
    const { assertion } = await caughtBy(swept.clause, fault, kept);
    expect(assertion, `the suite did not notice: ${fault.name} on ${kept.name}`).toBeDefined();
    process.stdout.write(`  planted: ${fault.name} on ${kept.name} → "${swept.clause.name}" fails: ${assertion}\n`);
  }
});

test.for(planted)("$fault.name: caught by “$clause.name”", async ({ clause, fault }, context) => {
  const { assertion, untold } = await caughtBy(clause, fault);
  context.skip(untold !== undefined, untold);
  expect(assertion, `the suite did not notice: ${fault.name}`).toBeDefined();
  process.stdout.write(`  planted: ${fault.name} → "${clause.name}" fails: ${assertion}\n`);
});
