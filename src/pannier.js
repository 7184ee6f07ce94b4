#!/usr/bin/env node
// The launcher, in plain JavaScript, because an older Node fails on the first .ts file before any line of ours could say why.
import { existsSync } from "node:fs";
import * as module from "node:module"; // whole, because an older Node lacks what is asked of it below
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

const floor = [24, 18, 1];
const exitConfiguration = 78; // EX_CONFIG of sysexits.h
/** Microseconds of processor time that a start may take before each compiler is worth what it leaves behind. */
const compilersFrom = { "--maglev": 1_000_000, "--opt": 2_000_000 };

/** Whether a version such as "24.21.0" is at least the floor. */
function isSupported(version) {
  const parts = version.split(".").map(Number);
  const at = floor.findIndex((least, index) => parts[index] !== least);
  return at === -1 || parts[at] > floor[at];
}

if (isSupported(process.versions.node)) {
  // What a start allocates mostly stays, for which V8 would grow the young generation, and keep it; `cli/heap.ts` lets it grow again.
  setFlagsFromString("--semi-space-growth-factor=1");
  // What is made at one place while the program starts stays, and what calls make there dies with them. V8 takes the first for the rule, and would make all of
  // it among old objects, where what it points to lives until a full collection.
  setFlagsFromString("--no-allocation-site-pretenuring");
  // Hardly anything of it runs often enough to be worth optimizing, which leaves 8 MiB behind. Threads begin with Maglev all the
  // same (`start-worker.ts`). Sparkplug stays on: it leaves 2 MiB.
  setFlagsFromString("--no-maglev");
  setFlagsFromString("--no-opt");
  const held = Object.entries(compilersFrom);
  const looking = setInterval(() => {
    const { user, system } = process.cpuUsage();
    while (held[0]?.[1] <= user + system) setFlagsFromString(held.shift()[0]);
    if (held.length === 0) clearInterval(looking);
  }, 100).unref();
  // Stripping types and compiling is most of a start. Beside the program, where only its owner can put code; where that cannot be written, nothing is kept.
  const cache =
    process.env.NODE_COMPILE_CACHE ?? fileURLToPath(new URL("../node_modules/.cache/pannier", import.meta.url));
  module.enableCompileCache(cache);
  process.env.NODE_COMPILE_CACHE = cache; // threads know it by the environment alone
  // A checkout holds the sources, which run as they are; a package holds only what was emitted from them.
  const source = new URL("./main.ts", import.meta.url);
  void import(existsSync(source) ? source.href : new URL("../dist/main.js", import.meta.url).href);
} else {
  process.stderr.write(
    "pannier: needs Node " +
      floor.join(".") +
      " or newer, and this is Node " +
      process.versions.node +
      "; install a newer Node and start again\n",
  );
  process.exitCode = exitConfiguration;
}
