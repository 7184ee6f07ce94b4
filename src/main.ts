/** The program's entry: arguments in, exit status out; the only file that ends the process. */

import { EventEmitter } from "node:events";
import { runCli } from "./cli/cli.ts";
import { EXIT } from "./cli/command.ts";

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(EXIT.internal); // asked twice: now
    stop.abort(signal);
  });
}
const reload = new EventEmitter();
process.on("SIGHUP", () => {
  if (process.stdin.isTTY)
    stop.abort("SIGHUP"); // its terminal is gone
  else reload.emit("asked");
});
process.on("uncaughtException", (error) => {
  process.stderr.write(`pannier: a mistake of its own ends the process: ${error.stack ?? String(error)}\n`);
  process.exit(EXIT.internal);
});

process.exit(
  await runCli(process.argv.slice(2), {
    environment: process.env,
    directory: process.cwd(),
    print: (text) => process.stdout.write(`${text}\n`),
    complain: (text) => process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
    stop: stop.signal,
    onReload: (listener) => void reload.on("asked", listener),
  }),
);
