// The program's entry: arguments in, exit status out; the only file that ends the process.
import { argv, stdout } from "node:process";

stdout.write(`pannier: nothing to run yet for "${argv.slice(2).join(" ")}"\n`);
