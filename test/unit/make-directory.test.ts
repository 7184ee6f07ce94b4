/** Directories that are made at the start, and those that cannot be: told at once, where Node's recursive mkdir never returns. */

import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeDirectory } from "../../src/make-directory.ts";

const root = mkdtempSync(join(tmpdir(), "pannier-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("makes what is missing above it, with the mode, and leaves what is there", () => {
  const path = join(root, "a/b/c");
  makeDirectory(path, 0o750);
  makeDirectory(path);
  expect(statSync(path).mode & 0o777).toBe(0o750);
});

test("a file in the way is told", () => {
  const file = join(root, "file");
  writeFileSync(file, "");
  expect(() => makeDirectory(file)).toThrow("EEXIST");
  expect(() => makeDirectory(join(file, "below"))).toThrow(/EEXIST|ENOTDIR/);
});

test.skipIf(!existsSync("/proc/self"))("a kernel that makes no directory there is told", () => {
  expect(() => makeDirectory("/proc/pannier/below")).toThrow("ENOENT");
});
