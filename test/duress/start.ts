// What the sidecar finds when it starts: files that are no database, directories that are not there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runPannier, testEntities } from "../integration/sidecar.ts";
import type { Scenario, Skipped, Told } from "./scenario.ts";
import { Stage, statusOf } from "./stage.ts";

export const start: readonly Scenario[] = [
  { name: "no database file at the start (32 KiB of text), then the right one", run: foreign },
  { name: "file cut off in the middle before the start, then whole", run: truncated },
  { name: "directory of the file missing", run: missingDirectory },
  { name: "data_dir not to be written to", run: unwritableDataDir },
  { name: "check on a missing and on a changed database", run: check },
];

async function foreign(): Promise<Told> {
  const stage = await Stage.open();
  await stage.put("before");
  await stage.stop();
  renameSync(stage.file, `${stage.file}.right`);
  writeFileSync(stage.file, "this is no database, and long ".repeat(1_100));
  return brokenStart(stage, "13 STORE_CORRUPT", () => renameSync(`${stage.file}.right`, stage.file));
}

async function truncated(): Promise<Told> {
  const stage = await Stage.open();
  for (let i = 0; i < 200; i += 1) await stage.put(`before ${i}`, 3_000);
  await stage.stop();
  const whole = `${stage.file}.whole`;
  execFileSync("cp", [stage.file, whole]);
  truncateSync(stage.file, 3_000);
  return brokenStart(stage, "13 STORE_CORRUPT", () => renameSync(whole, stage.file));
}

/** The rest is served, the store is tried again in the background. */
async function brokenStart(stage: Stage, expected: string, mend: () => void): Promise<Told> {
  await stage.begin();
  const seconds = await stage.healthIs(false);
  assert.equal(statusOf(await stage.put("meanwhile")), expected);
  assert.equal(statusOf(await stage.get("before")), expected);
  mend();
  const up = await stage.healthIs(true, 15_000);
  const kept = await stage.nothingLost();
  await stage.close();
  return {
    saw: stage.saw(),
    health: `NOT_SERVING from the start (${seconds} ms), SERVING ${up} ms after it was mended`,
    afterwards: `${kept} acknowledged rows there; the start was not refused`,
  };
}

async function missingDirectory(): Promise<Told> {
  const above = mkdtempSync(join(tmpdir(), "pannier-above-"));
  const stage = await Stage.open({ file: join(above, "a", "b", "main.db"), dataDir: join(above, "data", "dir") });
  assert.equal(statusOf(await stage.put("first")), "0");
  const { mode } = statSync(join(above, "data", "dir", "token.key"));
  assert.equal(mode & 0o777, 0o600);
  await stage.close();
  rmSync(above, { recursive: true, force: true });
  return { saw: "nothing", health: "SERVING", afterwards: "both directories were made; the key is its owner's alone" };
}

async function unwritableDataDir(): Promise<Told | Skipped> {
  const directory = mkdtempSync(join(tmpdir(), "pannier-data-"));
  const blocked = join(directory, "blocked");
  writeFileSync(blocked, ""); // a file in the place of the directory: even root cannot make it
  const ended = await runPannier(["serve", "--data-dir", join(blocked, "data"), "--descriptors", testEntities], {
    directory,
    environment: { PANNIER_LISTEN: "127.0.0.1:0", PANNIER_OPERATIONS_LISTEN: "127.0.0.1:0" },
  });
  rmSync(directory, { recursive: true, force: true });
  assert.equal(ended.code, 78, ended.err);
  const lines = ended.err
    .trim()
    .split("\n")
    .filter((line) => line.startsWith("pannier:"));
  assert.match(lines.join("\n"), /data_dir/);
  assert.doesNotMatch(ended.err, /mistake of its own|\n\s+at /);
  return { saw: "exit 78", health: "not served", afterwards: `says: ${lines.join(" ").replace(directory, "…")}` };
}

async function check(): Promise<Told> {
  const directory = mkdtempSync(join(tmpdir(), "pannier-check-"));
  const run = (tables: string) =>
    runPannier(
      [
        "check",
        "--descriptors",
        testEntities,
        "--stores.default.url=sqlite:main.db",
        `--stores.default.tables=${tables}`,
      ],
      { directory },
    );
  const made = (): readonly string[] =>
    existsSync(join(directory, "data")) ? readdirSync(join(directory, "data")) : [];
  const missing = await run("auto");
  assert.deepEqual([missing.code, made().filter((name) => name.startsWith("main.db"))], [0, []], missing.err);
  assert.match(missing.out, /does not exist yet/);
  const refused = await run("check");
  assert.deepEqual([refused.code, made().filter((name) => name.startsWith("main.db"))], [78, []]);
  const stage = await Stage.open();
  await stage.put("before");
  await stage.stop();
  const before = statSync(stage.file).mtimeMs;
  const other = await runPannier(
    [
      "check",
      "--descriptors",
      testEntities,
      `--stores.default.url=sqlite:${stage.file}`,
      "--stores.default.tables=check",
    ],
    { directory },
  );
  assert.deepEqual([other.code, statSync(stage.file).mtimeMs, existsSync(`${stage.file}-wal`)], [78, before, false]);
  assert.match(other.err, /table tickets \(test\.v1\.Ticket\): the table is missing/);
  await stage.begin();
  await stage.close();
  rmSync(directory, { recursive: true, force: true });
  return {
    saw: "exit 0 with a note (auto), exit 78 (check)",
    health: "not served",
    afterwards: "no database was made; the one that was there was compared, table by table, and is untouched",
  };
}
