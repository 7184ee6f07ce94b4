/**
 * Prints the planted faults and what caught each, as a table: `node test/conformance/faults.ts [part of a fault's name …]`.
 * Exits with 1 where one was not caught, or made its clause hang.
 */

import { setTimeout } from "node:timers/promises";
import { failuresUnder, firstLine } from "./caught.ts";
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

/** Milliseconds after which a clause hangs. It takes seconds; a machine may be busy. */
const HANG = 300_000;

/** Some faults show in a store that has been used. */
const [first] = clauses;
const lines: Line[] = [];

for (const [i, clause] of clauses.entries()) {
  const fault = faults[i];
  if (!fault || !first || !isWanted(fault.name)) continue;
  const judge = async (): Promise<string | undefined> => (await failuresUnder(fault, [first, clause])).get(clause.name);
  print({ fault: fault.name, clause: clause.name, ...(await judged(judge())) });
}

for (const { clause, faults: planted } of openingClauses)
  for (const fault of planted.filter(({ name }) => isWanted(name))) {
    const judge = async (): Promise<string | undefined> => {
      const { assertion, untold } = await caughtBy(clause, fault);
      return assertion ?? (untold === undefined ? undefined : `cannot be told here: ${untold}`);
    };
    print({ fault: fault.name, clause: clause.name, ...(await judged(judge())) });
  }

const missed = lines.filter(({ isMissed }) => isMissed);
process.stdout.write(`\n${lines.length} faults planted, ${missed.length} not caught\n`);
process.exit(missed.length > 0 ? 1 : 0); // what hangs would keep the process

/** What was said to the fault. A clause that hangs has said nothing, and cannot be stopped. */
async function judged(said: Promise<string | undefined>): Promise<Pick<Line, "said" | "isMissed">> {
  const late = new AbortController();
  const hangs = setTimeout(HANG, `NOT CAUGHT: no answer after ${HANG / 60_000} minutes`, { signal: late.signal });
  const answer = await Promise.race([
    said.then(
      (text) => ({ said: text ?? "NOT CAUGHT", isMissed: text === undefined }),
      (error: unknown) => ({ said: `NOT CAUGHT: ${firstLine(error)}`, isMissed: true }),
    ),
    hangs.then((text) => ({ said: text, isMissed: true })),
  ]);
  late.abort();
  await hangs.catch(() => {});
  return answer;
}

function print(line: Line): void {
  if (lines.length === 0) process.stdout.write("| fault | clause | what the clause said |\n| --- | --- | --- |\n");
  lines.push(line);
  const cells = [line.fault, line.clause, line.said].map((cell) => cell.replaceAll("|", "\\|"));
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
}
