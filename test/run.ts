// Everything `npm test` checks, in order, each stage timed; the last line sums up for CI. Arguments go to vitest alone.
import { argv, stdout } from "node:process";
import { generatedCode } from "./run/generated-code.ts";
import { runTool } from "./run/tool.ts";
import { vitest, type Totals } from "./run/vitest.ts";

interface Stage {
  readonly name: string;
  /** Runs the stage, its output going straight to the terminal. */
  run(): Promise<Totals>;
}

/** A stage that is one command: it counts only when it fails. */
function command(name: string, tool: string, args: readonly string[]): Stage {
  return { name, run: async () => ({ passed: 0, failed: (await runTool(tool, args)) ? 0 : 1, skipped: 0 }) };
}

const ownProtos = ["google", "grpc"].map((path) => `--exclude-path=proto/${path}`);

const stages: readonly Stage[] = [
  { name: "generated code", run: generatedCode },
  command("proto lint", "buf", ["lint", "proto"]),
  command("proto format", "buf", ["format", "proto", "--diff", "--exit-code", ...ownProtos]),
  command("types", "tsc", ["--project", "."]),
  command("lint", "oxlint", []),
  command("format", "prettier", ["--check", "--log-level", "warn", "."]),
  { name: "tests", run: () => vitest(argv.slice(2)) },
];

async function timed(stage: Stage): Promise<Totals> {
  stdout.write(`\n— ${stage.name}\n`);
  const start = performance.now();
  const totals = await stage.run();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  stdout.write(`— ${stage.name}: ${totals.failed === 0 ? "ok" : "FAILED"} in ${seconds} s\n`);
  return totals;
}

const totals = { passed: 0, failed: 0, skipped: 0 };
for (const stage of stages) {
  const { passed, failed, skipped } = await timed(stage);
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skipped;
}
stdout.write(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
process.exitCode = totals.failed === 0 ? 0 : 1;
