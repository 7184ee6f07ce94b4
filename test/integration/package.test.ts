// What `npm pack` makes holds all that it needs, and starts below a node_modules folder, where Node strips no types.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "pannier-package-"));
const modules = join(folder, "node_modules");
const installed = join(modules, "pannier");

/** Unpacks the package beside links to the dependencies of this checkout: as npm would install it, without asking the registry. */
beforeAll(() => {
  execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, archive), "-C", installed, "--strip-components=1"]);
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (!name.startsWith(".")) symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("starts in another folder", () => {
  const launcher = join(installed, "src", "pannier.js");
  const output = execFileSync(process.execPath, [launcher, "--help"], { cwd: folder, encoding: "utf8" });
  expect(output).toContain("pannier");
});

test("holds the protos that are read at run time, and no sources", () => {
  for (const proto of ["pannier/v1/annotations.proto", "google/rpc/error_details.proto", "shop/v1/order.proto"]) {
    expect(existsSync(join(installed, "proto", proto)), proto).toBe(true);
  }
  expect(existsSync(join(installed, "src", "main.ts"))).toBe(false);
});
