/** Runs unit tests under a mutant, all in one vitest, in a process that may be killed. Started by `unit-workers.ts`. */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createVitest, type TestModule } from "vitest/node";
import { ROOT } from "./sample.ts";

/** Files of tests are relative to the root. */
export type Order =
  | { readonly kind: "cover"; readonly files: readonly string[] }
  | { readonly kind: "try"; readonly mutant: number; readonly files: readonly string[] };

export type Report =
  | { readonly kind: "ready" }
  /** By file that passes, the places it comes by. */
  | { readonly kind: "covered"; readonly passed: readonly (readonly [file: string, places: readonly number[]])[] }
  | { readonly kind: "tried"; readonly failure: Failure | undefined };

/** The first of a run. */
export interface Failure {
  readonly file: string;
  readonly test: string;
  /** Milliseconds that it took. */
  readonly after: number;
}

const send = (report: Report): void => void process.send?.(report);
process.on("disconnect", () => process.exit(0));

let failures: Failure[] = [];

const vitest = await createVitest("test", {
  config: join(ROOT, "test/mutation/vitest.config.ts"),
  watch: false,
  reporters: [{ onTestModuleEnd: note }],
});
process.on("message", (order: Order) => void obey(order));
send({ kind: "ready" });

function note(module: TestModule): void {
  if (module.ok()) return;
  const [failed] = module.children.allTests("failed");
  const [test, after] = failed ? [failed.fullName, failed.diagnostic()?.duration ?? 0] : ["it cannot be loaded", 0];
  failures.push({ file: relative(ROOT, module.moduleId), test, after });
  void vitest.cancelCurrentRun("test-failure");
}

async function obey(order: Order): Promise<void> {
  if (order.kind === "cover") send({ kind: "covered", passed: await cover(order.files) });
  else send({ kind: "tried", failure: await firstFailure(order.files, order.mutant, "") });
}

/** A file that fails without a mutant is left out. */
async function cover(files: readonly string[]): Promise<[string, readonly number[]][]> {
  const found: [string, readonly number[]][] = [];
  for (const file of files) {
    const folder = await mkdtemp(join(tmpdir(), "pannier-passed-"));
    try {
      if (await firstFailure([file], -1, folder)) continue;
      for (const name of await readdir(folder))
        found.push([file, JSON.parse(await readFile(join(folder, name), "utf8")) as number[]]); // unit-setup.ts wrote it
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return found;
}

/** @param passed a folder where the places that are passed are written; empty for none */
async function firstFailure(files: readonly string[], mutant: number, passed: string): Promise<Failure | undefined> {
  vitest.provide("mutant", mutant);
  vitest.provide("passed", passed);
  failures = [];
  const named = new Set(files.map((file) => join(ROOT, file)));
  const all = await vitest.globTestSpecifications([...files]);
  const { unhandledErrors } = await vitest.runTestSpecifications(all.filter(({ moduleId }) => named.has(moduleId)));
  const [first] = failures;
  if (first || unhandledErrors.length === 0) return first;
  return { file: files.join(", "), test: "an error that nobody handles", after: 0 };
}
