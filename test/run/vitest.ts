// Runs vitest with readable progress, and reads its totals from its own report, because its printed summary is not meant for machines.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, runTool } from "./tool.ts";

/** What a stage adds to the run's last line. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Runs the tests; a run that fails without a failing test (an unhandled rejection, a file that does not load) counts as one failure. */
export async function vitest(args: readonly string[]): Promise<Totals> {
  const folder = await mkdtemp(join(tmpdir(), "pannier-test-"));
  try {
    const report = join(folder, "report.json");
    const config = join(root, "test", "vitest.config.ts");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const ended = await runTool("vitest", ["run", "--config", config, ...reporters, ...args]);
    const totals = await readTotals(report);
    return ended ? totals : { ...totals, failed: Math.max(1, totals.failed) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The totals of vitest's JSON report; nothing but a failure when there is no report. */
async function readTotals(path: string): Promise<Totals> {
  const text = await readFile(path, "utf8").catch(() => "{}");
  const report: unknown = JSON.parse(text);
  const count = (key: string): number => {
    const value = typeof report === "object" && report !== null ? Reflect.get(report, key) : undefined;
    return typeof value === "number" ? value : 0;
  };
  return {
    passed: count("numPassedTests"),
    failed: count("numFailedTests"),
    skipped: count("numPendingTests") + count("numTodoTests"),
  };
}
