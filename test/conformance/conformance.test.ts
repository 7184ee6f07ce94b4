/** Every clause on every store. What is skipped is skipped for a published capability, and the table at the end says so. */

import { env } from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unmet } from "./clause.ts";
import { clauses } from "./clauses/all.ts";
import { stores, type OpenedSubject, type OpenSubject } from "./stores.ts";
import { ServerMissing } from "../servers/run-server.ts";
import { columnsOf, comparedWithPage, writePage } from "./page.ts";
import { conformanceTable, type StoreReport } from "./table.ts";

const reports: StoreReport[] = [];

/** Milliseconds: some servers take their time to start, and to make thirty tables. */
const OPENING = 300_000;

for (const store of stores)
  describe(`${store.name}`, () => {
    suite(store);
  });

test("the page of all stores says what ran and what was skipped here", async () => {
  const names = clauses.map(({ name }) => name);
  const columns = columnsOf(reports, names);
  if (env["PANNIER_CONFORMANCE_PAGE"] === "write") await writePage(columns, names);
  const { wrong, unsaid } = await comparedWithPage(columns, names);
  if (unsaid > 0) process.stdout.write(`the page of all stores lacks ${unsaid} cells; write it anew (README)\n`);
  expect(wrong).toEqual([]);
});

afterAll(() => {
  process.stdout.write(`${conformanceTable(reports)}\n`);
});

function suite(store: OpenSubject): void {
  let opened: OpenedSubject | undefined;
  let missing: string | undefined;
  const report: StoreReport = { store: store.name, version: "", ran: [], skipped: [] };
  reports.push(report);

  beforeAll(async () => {
    try {
      opened = await store.open();
      report.version = opened.version;
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
      report.ran.push(clause.name);
      await clause.run(subject);
    });
  }
}
