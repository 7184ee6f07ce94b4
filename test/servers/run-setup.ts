// What vitest calls before and after a whole run.
import { execFile } from "node:child_process";
import { env, execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beginRun } from "./run-server.ts";
import { prepareTidb } from "./tidb.ts";

/** What the tests run in threads of their own. */
const threads = ["../../src/adapter/sqlite/writing/writer-thread.ts", "../conformance/derivations.ts"];

export default async function setUp(): Promise<() => Promise<void>> {
  await stripTypes();
  await prepareTidb();
  return beginRun();
}

/**
 * Threads and processes of the run find their sources without types, where sidecars keep theirs. Else each thread strips some sixty
 * files by itself, which is most of its start, with WebAssembly that Node brings; and V8 has ended processes (SIGTRAP, SIGSEGV) whose
 * threads load and drop WebAssembly again and again: https://github.com/nodejs/node/issues/64500.
 */
async function stripTypes(): Promise<void> {
  env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("../../node_modules/.cache/pannier", import.meta.url));
  const urls = threads.map((path) => new URL(path, import.meta.url).href);
  // A thread's entry refuses to run outside of one, once all that it imports is there.
  const load = `await Promise.allSettled(${JSON.stringify(urls)}.map((url) => import(url)))`;
  await promisify(execFile)(execPath, ["--input-type=module", "--eval", load]);
}
