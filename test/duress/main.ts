// Prints the table of duress: `node test/duress/main.ts [part of a name]`.
import { argv } from "node:process";
import { heading, lineOf } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { Stage } from "./stage.ts";

const wanted = argv[2] ?? "";
console.log(heading);
for (const scenario of scenarios) {
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
