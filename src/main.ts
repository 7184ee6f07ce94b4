/** The program's entry: arguments in, exit status out; the only file that ends the process. */

import { EventEmitter } from "node:events";
import process, { argv, cwd, env, exit, stderr, stdin, stdout } from "node:process";
import { runCli } from "./cli/cli.ts";
import { EXIT } from "./cli/command.ts";

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) exit(EXIT.internal); // asked twice: now
    stop.abort(signal);
  });
}
const reload = new EventEmitter();
process.on("SIGHUP", () => {
  if (stdin.isTTY)
    stop.abort("SIGHUP"); // its terminal is gone
  else reload.emit("asked");
});
process.on("uncaughtException", (error) => {
  stderr.write(`pannier: a mistake of its own ends the process: ${error.stack ?? String(error)}\n`);
  exit(EXIT.internal);
});

exit(
  await runCli(argv.slice(2), {
    environment: env,
    directory: cwd(),
    print: (text) => stdout.write(`${text}\n`),
    complain: (text) => stderr.write(text),
    isTerminal: stderr.isTTY === true,
    stop: stop.signal,
    onReload: (listener) => void reload.on("asked", listener),
  }),
);
