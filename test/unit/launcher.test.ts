// The launcher refuses a Node that is too old before that Node could fail on TypeScript.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const launcher = fileURLToPath(new URL("../../src/pannier.js", import.meta.url));

/** Starts the launcher under this Node, which is made to say that it is another. */
function launch(version: string): { readonly status: number | null; readonly stderr: string } {
  const pretend = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`;
  const options = ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`];
  const { status, stderr } = spawnSync(process.execPath, [...options, launcher, "--help"], { encoding: "utf8" });
  return { status, stderr };
}

test.each(["18.20.8", "20.20.2", "22.99.0", "24.0.0", "24.17.9", "24.18.0"])(
  "refuses Node %s in one line",
  (version) => {
    const { status, stderr } = launch(version);
    expect(stderr).toBe(
      `pannier: needs Node 24.18.1 or newer, and this is Node ${version}; install a newer Node and start again\n`,
    );
    expect(status).toBe(78);
  },
);

test.each(["24.18.1", "24.19.0", "25.0.0", "26.1.2"])("lets Node %s pass", (version) => {
  expect(launch(version).stderr).not.toContain("needs Node");
});
