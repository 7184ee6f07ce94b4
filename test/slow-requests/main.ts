// Prints the slowest request found for each method: `node test/slow-requests/main.ts [tries] [seed] [method]`.
import { argv } from "node:process";
import { describe } from "./genome.ts";
import { seeded } from "./random.ts";
import { slowest } from "./search.ts";
import { subjects } from "./subjects.ts";

const tries = Number(argv[2] ?? 300);
const seed = Number(argv[3] ?? 1);
const only = argv[4] ?? "";

console.log("| method | ms of CPU | bytes | request |\n|---|---|---|---|");
for (const subject of await subjects()) {
  if (!subject.name.includes(only)) continue;
  const { genome, milliseconds, bytes } = slowest(subject, seeded(seed), tries);
  console.log(`| ${subject.name} | ${milliseconds.toFixed(1)} | ${bytes} | ${describe(genome)} |`);
}
