// Mutated sessions to both transports: `node test/fuzz/main.ts [how many] [seed]`. Prints what they answered differently.
import { argv } from "node:process";
import { differences } from "./differential.ts";

const { sent, compared, found } = await differences(Number(argv[3] ?? 1), Number(argv[2] ?? 2_000), 12);
for (const line of found) console.log(line);
console.log(`${sent} sessions, ${compared} streams answered by both, ${found.length} differences`);
process.exitCode = found.length === 0 ? 0 : 1;
