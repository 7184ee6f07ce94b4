// Random histories of one entity, 12 schema changes each: `node test/conversion/histories.ts [seeds] [first seed]`.
import { argv, exit, stdout } from "node:process";
import { history } from "./history.ts";

const seeds = Number(argv[2] ?? 300);
const first = Number(argv[3] ?? 1);
const began = performance.now();
const totals = new Map<string, number>();
let differences = 0;
for (let seed = first; seed < first + seeds; seed += 1) {
  const { wrong, counts } = await history(seed, { kills: 0.1 });
  differences += wrong.length;
  for (const line of wrong) stdout.write(`${line}\n`);
  for (const [what, count] of Object.entries(counts)) totals.set(what, (totals.get(what) ?? 0) + count);
}
const seconds = (performance.now() - began) / 1_000;
stdout.write(
  `${seeds} histories of 12 changes from seed ${first}, ${seconds.toFixed(0)} s: ${differences} differences\n`,
);
for (const [what, count] of totals) stdout.write(`  ${what}: ${count}\n`);
exit(differences === 0 ? 0 : 1);
