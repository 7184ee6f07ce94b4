// The compilers that generated modules and the client are tried with: that of this repository, and an older one out of the cache.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cached } from "./cached.ts";

const olderVersion = "5.9.3";

export const compilers = ["7", "5.9"] as const;
export type CompilerName = (typeof compilers)[number];

/** The folder of the package `typescript`. */
export async function compilerPackage(name: CompilerName): Promise<string> {
  if (name === "7") return fileURLToPath(new URL("../../node_modules/typescript", import.meta.url));
  const modules = await cached(`typescript-${olderVersion}`, "node_modules", async (target) => {
    const quietly = ["install", "--silent", "--no-audit", "--no-fund"];
    await promisify(execFile)("npm", [...quietly, "--prefix", target, `typescript@${olderVersion}`], { timeout: 300_000 }); // prettier-ignore
  });
  return join(modules, "typescript");
}

/** Its program `tsc`. */
export async function compilerProgram(name: CompilerName): Promise<string> {
  return join(await compilerPackage(name), "bin/tsc");
}
