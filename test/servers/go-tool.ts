// Provides command line tools written in Go: the one that is named, the one that is installed, or one built once and kept.
import { execFile } from "node:child_process";
import { rename } from "node:fs/promises";
import { basename, delimiter, join } from "node:path";
import { env } from "node:process";
import { promisify } from "node:util";
import { cached, isExecutable } from "./cached.ts";

const buildLimit = 600_000; // milliseconds

/**
 * Without optimizations and what debuggers read: a fifth to a third less work, and hardly any of the programs runs for longer than its building
 * takes. All are built alike, so that Go builds what they share once.
 */
const QUICKLY = ["-gcflags=all=-N -l -dwarf=false", "-ldflags=-w"];

/** A tool that `go install` can make. */
export interface GoTool {
  /** What the executable is called on the PATH and in the cache. */
  readonly name: string;
  /** The import path of its main package. */
  readonly package: string;
  readonly version: string;
  /** The environment variable with the path of an executable to use instead. */
  readonly namedBy: string;
}

/**
 * Answers the path of the tool's executable: the one that the environment names, else the one on the PATH, else one built with Go into the user's
 * cache, which later runs find again. Parallel callers, in this process or another, build it once.
 *
 * @throws Error saying what to install or set, when there is none and none can be built
 */
export async function goTool(tool: GoTool): Promise<string> {
  const named = env[tool.namedBy];
  if (named !== undefined && named !== "") return named;
  return (await onPath(tool.name)) ?? (await built(tool));
}

/** The path of an installed executable; undefined when none is on the PATH. */
export async function onPath(name: string): Promise<string | undefined> {
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    const file = join(folder, name);
    if (folder !== "" && (await isExecutable(file))) return file;
  }
  return undefined;
}

function built(tool: GoTool): Promise<string> {
  return cached(`${tool.name}-${tool.version}`, tool.name, async (target) => {
    const command = ["install", ...QUICKLY, `${tool.package}@${tool.version}`];
    try {
      await promisify(execFile)("go", command, { env: { ...env, GOBIN: target }, timeout: buildLimit });
      await rename(join(target, executableOf(tool.package)), join(target, tool.name));
    } catch (cause) {
      const mend = `install ${tool.name}, or Go to build it with, or set ${tool.namedBy} to its path`;
      throw new Error(`${tool.name} ${tool.version} is neither installed nor could it be built; ${mend}`, { cause });
    }
  });
}

/** Builds the program whose sources are in a folder, into a file. */
export async function buildGo(folder: string, file: string): Promise<void> {
  await promisify(execFile)("go", ["build", "-C", folder, ...QUICKLY, "-o", file, "."], { timeout: buildLimit });
}

/** Go names an executable for the last part of its import path that is not a major version. */
function executableOf(importPath: string): string {
  return basename(importPath.replace(/\/v\d+$/, ""));
}
