/**
 * Prints the planted faults and what caught each, as a table: `node test/conformance/faults.ts [part of a fault's name …]`.
 * Exits with 1 where one was not caught.
 */

import { failuresUnder } from "./caught.ts";
import { clauses, faults } from "./clauses/all.ts";
import { openingClauses } from "./opening/all.ts";
import { caughtBy } from "./opening/caught.ts";

interface Line {
  readonly fault: string;
  readonly clause: string;
  readonly said: string;
  readonly isMissed: boolean;
}

const parts = process.argv.slice(2);
const isWanted = (name: string): boolean => parts.length === 0 || parts.some((part) => name.includes(part));

/** Some faults show in a store that has been used. */
const [first] = clauses;
const lines: Line[] = [];

for (const [i, clause] of clauses.entries()) {
  const fault = faults[i];
  if (!fault || !first || !isWanted(fault.name)) continue;
  const said = (await failuresUnder(fault, [first, clause])).get(clause.name);
  print({ fault: fault.name, clause: clause.name, said: said ?? "NOT CAUGHT", isMissed: said === undefined });
}

for (const { clause, faults: planted } of openingClauses)
  for (const fault of planted.filter(({ name }) => isWanted(name))) {
    const { assertion, untold } = await caughtBy(clause, fault);
    const said = assertion ?? (untold === undefined ? "NOT CAUGHT" : `cannot be told here: ${untold}`);
    print({ fault: fault.name, clause: clause.name, said, isMissed: !assertion && untold === undefined });
  }

const missed = lines.filter(({ isMissed }) => isMissed);
process.stdout.write(`\n${lines.length} faults planted, ${missed.length} not caught\n`);
process.exitCode = missed.length > 0 ? 1 : 0;

function print(line: Line): void {
  if (lines.length === 0) process.stdout.write("| fault | clause | what the clause said |\n| --- | --- | --- |\n");
  lines.push(line);
  const cells = [line.fault, line.clause, line.said].map((cell) => cell.replaceAll("|", "\\|"));
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
}
