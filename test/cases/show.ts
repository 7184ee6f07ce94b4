// Runs everything in this folder and prints the table: each row, its facts, how many held, what is known to fail, what waits.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exit, stdout } from "node:process";
import { runTool } from "../run/tool.ts";
import { KNOWN_FAILURES } from "./known-failures.ts";
import { LAST_ROW, rowOf } from "./table.ts";

interface Counts {
  held: number;
  failed: number;
}

const folder = await mkdtemp(join(tmpdir(), "pannier-cases-"));
const report = join(folder, "report.json");
const config = "test/vitest.config.ts";
const ended = await runTool("vitest", ["run", "--config", config, "--reporter=json", `--outputFile.json=${report}`, "test/cases"]); // prettier-ignore
const counts = countsIn(await readFile(report, "utf8"));
await rm(folder, { recursive: true });

for (let number = 1; number <= LAST_ROW; number++) {
  const { input, facts, waits } = rowOf(number);
  const { held, failed } = counts.get(number) ?? { held: 0, failed: 0 };
  const known = KNOWN_FAILURES.filter(({ row }) => row === number).length;
  const outcome = [
    held > 0 ? `${held} held (${Object.keys(facts).length} facts)` : "",
    failed > 0 ? `${failed} FAILED` : "",
    known > 0 ? `${known} known to fail` : "",
    waits === undefined ? "" : `waits for ${waits}`,
  ];
  stdout.write(`${String(number).padStart(2)}  ${input}\n      ${outcome.filter((part) => part !== "").join("; ")}\n`);
}
stdout.write(`known failures: ${KNOWN_FAILURES.length}\n`);
for (const { row, fact, place, why } of KNOWN_FAILURES) stdout.write(`  row ${row}, ${place}: ${fact} (${why})\n`);
exit(ended ? 0 : 1);

/** By row; the names of tests begin with it. */
function countsIn(text: string): ReadonlyMap<number, Counts> {
  const counts = new Map<number, Counts>();
  const parsed: unknown = JSON.parse(text);
  for (const { title, status } of assertions(parsed)) {
    const row = Number(/^row (\d+): /.exec(title)?.[1]);
    if (Number.isNaN(row)) continue;
    const found = counts.get(row) ?? { held: 0, failed: 0 };
    if (status === "passed") found.held++;
    else found.failed++;
    counts.set(row, found);
  }
  return counts;
}

/** Every test of vitest's report. */
function* assertions(node: unknown): Generator<{ readonly title: string; readonly status: string }> {
  if (typeof node !== "object" || node === null) return;
  if ("title" in node && "status" in node && typeof node.title === "string" && typeof node.status === "string")
    yield { title: node.title, status: node.status };
  for (const inner of Object.values(node)) yield* assertions(inner);
}
