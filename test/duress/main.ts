// Prints the table of duress: `node test/duress/main.ts [part of a name]`, or `--big 2000` for a large table of so many MB.
import { argv } from "node:process";
import { heading, lineOf } from "./scenario.ts";
import { bigTable } from "./big-table.ts";
import { scenarios } from "./scenarios.ts";
import { Stage } from "./stage.ts";

const [option, megabytes] = argv.slice(-2);
const chosen = option === "--big" ? [bigTable(Number(megabytes))] : scenarios;
const wanted = option === "--big" ? "" : (argv[2] ?? "");
console.log(heading);
for (const scenario of chosen) {
  const { name } = scenario;
  if (!name.includes(wanted)) continue;
  try {
    console.log(lineOf(name, await scenario.run()));
  } catch (error) {
    console.log(
      `| ${name} | FAILED: ${error instanceof Error ? (error.stack ?? error.message).slice(0, 2_000) : String(error)} | | |`,
    );
    process.exitCode = 1;
  } finally {
    Stage.endAll();
  }
}
