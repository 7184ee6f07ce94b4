/** Which database a path names, before it is made: two stores that would share one are refused by this text. */

import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { placeOf } from "../../../../src/adapter/embedded/place.ts";

async function directory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "pannier-place-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

it("tells files apart that are not there yet", async () => {
  const base = await directory();
  const places = [join(base, "a.db"), join(base, "b.db"), join(base, "a", "x.db"), join(base, "b", "x.db"), base];
  const told = await Promise.all(places.map(placeOf));
  expect(new Set(told).size).toBe(places.length);
});

it("knows a file by whatever name it is reached", async () => {
  const base = await directory();
  await mkdir(join(base, "real"));
  await writeFile(join(base, "real", "there.db"), "");
  await symlink("real", join(base, "linked"));
  await symlink(join("real", "later.db"), join(base, "later"));
  const pairs = [
    ["real/there.db", "linked/there.db"],
    ["real/new/x.db", "linked/new/x.db"],
    ["real/later.db", "later"],
    ["real/../real/new.db", "real/new.db"],
  ].map((names) => Promise.all(names.map((name) => placeOf(join(base, name)))));
  for (const [one, other] of await Promise.all(pairs)) expect(one).toBe(other);
});
