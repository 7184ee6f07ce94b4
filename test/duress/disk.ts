// The disk under a file that is being served: full, read-only, not to be written to.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Scenario, Skipped, Told } from "./scenario.ts";
import { Stage, statusOf } from "./stage.ts";

export const disk: readonly Scenario[] = [
  { name: "disk full (tmpfs of 8 MB), then larger", run: fullDisk },
  { name: "file system turns read-only (ext4 aborted), checked, mounted again", run: readOnly },
  { name: "files made immutable while served, then not", run: immutable },
];

/** Whether the command could be run at all. */
function tried(command: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const noMount: Skipped = { skipped: "no right to mount a file system here" };

/** A directory to mount on; always released, whatever happens. */
async function mounted(mount: (at: string) => boolean, body: (at: string) => Promise<Told>): Promise<Told | Skipped> {
  const at = mkdtempSync(join(tmpdir(), "pannier-mount-"));
  try {
    if (!mount(at)) return noMount;
    return await body(at);
  } finally {
    tried("umount", "-l", at);
    rmSync(at, { recursive: true, force: true });
  }
}

async function fullDisk(): Promise<Told | Skipped> {
  return mounted(
    (at) => tried("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", at),
    async (at) => {
      const stage = await Stage.open({ file: join(at, "main.db") });
      const refused: string[] = [];
      const writer = async (name: number): Promise<void> => {
        for (let i = 0, failures = 0; failures < 5; i += 1) {
          const id = `${name}-${i}`;
          if ((await stage.put(id, 10_000 + 5_000 * name)).ok) continue;
          failures += 1;
          refused.push(id);
        }
      };
      await Promise.all(Array.from({ length: 8 }, (_, name) => writer(name)));
      const down = await stage.healthIs(false);
      assert.equal(stage.saw(), "8 STORE_FULL");
      const kept = await stage.nothingLost();
      for (const id of refused) await stage.isAbsent(id);
      execFileSync("mount", ["-o", "remount,size=64m", at]);
      const up = await stage.healthIs(true);
      assert.equal(statusOf(await stage.put("room again", 200_000)), "0");
      await stage.nothingLost();
      await stage.close();
      return {
        saw: stage.saw(),
        health: `NOT_SERVING after ${down} ms, SERVING again after ${up} ms; reads went on`,
        afterwards: `${kept} acknowledged rows there, ${refused.length} refused ones not; writes go on without restart`,
      };
    },
  );
}

async function readOnly(): Promise<Told | Skipped> {
  const image = join(mkdtempSync(join(tmpdir(), "pannier-image-")), "disk.img");
  const mount = (at: string): boolean => tried("mount", "-o", "loop", image, at);
  try {
    return await mounted(
      (at) => tried("truncate", "-s", "24m", image) && tried("mkfs.ext4", "-q", image) && mount(at),
      async (at) => {
        const stage = await Stage.open({ file: join(at, "main.db") });
        for (let i = 0; i < 50; i += 1) await stage.put(`before ${i}`, 2_000);
        if (!tried("mount", "-o", "remount,abort", at)) return noMountOf(stage);
        const refused = Array.from({ length: 20 }, (_, i) => `meanwhile ${i}`);
        for (const id of refused) assert.notEqual(statusOf(await stage.put(id, 2_000)), "0");
        const down = await stage.healthIs(false);
        for (const status of stage.seen)
          assert.match(status, /STORE_UNAVAILABLE|STORE_READ_ONLY|WRITE_OUTCOME_UNKNOWN/);
        execFileSync("umount", ["-l", at]);
        await released(image);
        tried("e2fsck", "-fy", image); // its exit status says that it has mended something
        assert.ok(mount(at), "the disk that was checked cannot be mounted");
        const up = await stage.healthIs(true);
        const kept = await stage.nothingLost();
        assert.equal(statusOf(await stage.put("after")), "0");
        await stage.close();
        return {
          saw: stage.saw(),
          health: `NOT_SERVING after ${down} ms, SERVING again ${up} ms after the mount`,
          afterwards: `${kept} acknowledged rows there; writes go on without restart`,
        };
      },
    );
  } finally {
    rmSync(join(image, ".."), { recursive: true, force: true });
  }
}

async function noMountOf(stage: Stage): Promise<never> {
  await stage.close();
  throw new Error("the file system cannot be aborted");
}

/** The server lets go of files that are gone, and then the disk is free. */
async function released(image: string): Promise<void> {
  const started = performance.now();
  while (execFileSync("losetup", ["-j", image]).length > 0) {
    assert.ok(performance.now() - started < 10_000, "the server holds a file on a disk that is gone");
    await setTimeout(50);
  }
}

async function immutable(): Promise<Told | Skipped> {
  const stage = await Stage.open();
  const files = [stage.file, `${stage.file}-wal`];
  for (let i = 0; i < 50; i += 1) await stage.put(`before ${i}`);
  try {
    if (!tried("chattr", "+i", ...files)) return { skipped: "no right to make a file immutable here" };
    assert.notEqual(statusOf(await stage.put("meanwhile")), "0");
    const down = await stage.healthIs(false);
    assert.equal((await stage.get("before 7")).ok, true);
    tried("chattr", "-i", ...files);
    const up = await stage.healthIs(true);
    assert.equal(statusOf(await stage.put("after")), "0");
    await stage.isAbsent("meanwhile");
    const kept = await stage.nothingLost();
    return {
      saw: stage.saw(),
      health: `NOT_SERVING after ${down} ms, SERVING again after ${up} ms; reads went on`,
      afterwards: `${kept} acknowledged rows there, the refused one not; writes go on without restart`,
    };
  } finally {
    tried("chattr", "-i", ...files.filter((file) => existsSync(file)));
    await stage.close();
  }
}
