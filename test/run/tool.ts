// Starts a tool of node_modules under the Node that the project installs, whatever the host's own Node is.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, join } from "node:path";
import { env, stdout } from "node:process";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

const bin = join(root, "node_modules", ".bin");

/**
 * Runs a tool in the repository's root, its output going to ours, its input empty.
 *
 * @returns whether it ended with status 0
 */
export async function runTool(tool: string, args: readonly string[]): Promise<boolean> {
  const path = `${bin}${delimiter}${env["PATH"] ?? ""}`;
  const colour = stdout.isTTY ? {} : { NO_COLOR: "1" };
  const environment = { ...env, ...colour, PATH: path };
  const child = spawn(tool, args, { cwd: root, env: environment, stdio: ["ignore", "inherit", "inherit"] });
  const [status] = await once(child, "exit");
  return status === 0;
}
