/** Every clause on every store. What is skipped is skipped for a published capability, and the table at the end says so. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unmet } from "./clause.ts";
import { clauses } from "./clauses/all.ts";
import { stores, type OpenedSubject, type OpenSubject } from "./stores.ts";
import { ServerMissing } from "../servers/run-server.ts";
import { conformanceTable, type StoreReport } from "./table.ts";

const reports: StoreReport[] = [];

/** Milliseconds: some servers take their time to start, and to make thirty tables. */
const OPENING = 300_000;

for (const store of stores)
  describe(`${store.name}`, () => {
    suite(store);
  });

afterAll(() => {
  process.stdout.write(`${conformanceTable(reports)}\n`);
});

function suite(store: OpenSubject): void {
  let opened: OpenedSubject | undefined;
  let missing: string | undefined;
  const report: StoreReport = { store: store.name, ran: 0, skipped: [] };
  reports.push(report);

  beforeAll(async () => {
    try {
      opened = await store.open();
    } catch (error) {
      if (!(error instanceof ServerMissing)) throw error;
      missing = error.message;
    }
  }, OPENING);
  afterAll(() => opened?.close());

  for (const clause of clauses) {
    test(`${clause.name}`, async (context) => {
      if (missing !== undefined || !opened) return context.skip(missing ?? "not opened");
      const { subject } = opened;
      const lacking = unmet(clause, subject.capabilities);
      if (lacking.length > 0) {
        report.skipped.push({ clause: clause.name, missing: lacking });
        context.skip(`not published: ${lacking.join(", ")}`);
      }
      expect.hasAssertions();
      report.ran += 1;
      await clause.run(subject);
    });
  }
}
