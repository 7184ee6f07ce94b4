// Drain, keep-alive, idle, handshake, reload and the scenarios of trouble on each transport, one after the other: `node test/duress/transports.ts [rounds] [transport]`.
// Prints how many facts held, what those said that did not, and the rounds of SIGTERM under load, 20 when nothing is said.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv, env, execPath } from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const vitest = join(root, "node_modules/.bin/vitest");

/** `test/cases/wire` has what is said by bytes: handshakes, idle connections, pings, slow readers. */
const suites = [
  "test/duress",
  "test/integration/drain.test.ts",
  "test/integration/operations",
  "test/cases/reload.test.ts",
  "test/cases/pushback.test.ts",
  "test/cases/wire",
];

for (const transport of ["native", "grpc-js"]) {
  if (argv[3] !== undefined && argv[3] !== transport) continue;
  const environment = { ...env, PANNIER_TRANSPORT: transport };
  const folder = mkdtempSync(join(tmpdir(), "pannier-gate-"));
  const file = join(folder, "report.json");
  const flags = ["run", "--config", "test/vitest.config.ts", "--reporter=json", `--outputFile=${file}`, ...suites];
  spawnSync(execPath, [vitest, ...flags], { cwd: root, env: environment, stdio: "ignore" });
  const report = JSON.parse(readFileSync(file, "utf8")) as Report; // as vitest writes it
  rmSync(folder, { recursive: true });
  console.log(`${transport}: ${report.numPassedTests} held, ${report.numFailedTests} did not, ${report.numPendingTests} skipped`);
  for (const { assertionResults } of report.testResults)
    for (const { status, fullName, failureMessages } of assertionResults)
      if (status === "failed") console.log(`  did not hold: ${fullName}: ${failureMessages[0]?.split("\n")[0] ?? ""}`);
  const rounds = spawnSync(execPath, ["test/duress/sigterm.ts", argv[2] ?? "20"], { cwd: root, env: environment, encoding: "utf8" });
  console.log(`${transport}: SIGTERM under load ${rounds.stdout.trim()}`);
  if (report.numFailedTests > 0 || rounds.status !== 0) process.exitCode = 1;
} // prettier-ignore

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}
