// The file itself while it is served: taken away, replaced, damaged.
import assert from "node:assert/strict";
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Scenario, Told } from "./scenario.ts";
import { plains, Stage, statusOf } from "./stage.ts";

export const file: readonly Scenario[] = [
  { name: "file removed without traffic, put back", run: removed },
  { name: "file replaced by its backup, the -wal of the one before left beside it", run: replacedByBackup },
  { name: "file replaced by another application's database, put back", run: replacedByForeign },
  { name: "pages overwritten on disk while served, put right", run: corruptPages },
];

function moveAll(from: string, to: string): void {
  for (const suffix of ["", "-wal", "-shm"]) if (existsSync(from + suffix)) renameSync(from + suffix, to + suffix);
}

async function removed(): Promise<Told> {
  const stage = await Stage.open();
  for (let i = 0; i < 50; i += 1) await stage.put(`before ${i}`);
  moveAll(stage.file, `${stage.file}.away`);
  const down = await stage.healthIs(false);
  assert.equal(statusOf(await stage.put("meanwhile")), "14 STORE_UNAVAILABLE");
  assert.equal(statusOf(await stage.get("before 7")), "14 STORE_UNAVAILABLE");
  assert.ok(!existsSync(stage.file), "an empty database was put in its place");
  moveAll(`${stage.file}.away`, stage.file);
  const up = await stage.healthIs(true);
  const kept = await stage.nothingLost();
  await stage.isAbsent("meanwhile");
  assert.equal(statusOf(await stage.put("after")), "0");
  await stage.close();
  return {
    saw: stage.saw(),
    health: `NOT_SERVING after ${down} ms (no call was made), SERVING again after ${up} ms`,
    afterwards: `${kept} acknowledged rows there, the refused one not; no file was made meanwhile`,
  };
}

async function replacedByBackup(): Promise<Told> {
  const stage = await Stage.open();
  for (let i = 0; i < 20; i += 1) await stage.put(`backed up ${i}`);
  await stage.stop();
  copyFileSync(stage.file, `${stage.file}.backup`);
  await stage.begin();
  const later = Array.from({ length: 20 }, (_, i) => `later ${i}`);
  for (const id of later) await stage.put(id);
  renameSync(`${stage.file}.backup`, stage.file);
  const down = await stage.healthIs(false);
  assert.equal(statusOf(await stage.put("meanwhile")), "14 STORE_UNAVAILABLE");
  for (const suffix of ["-wal", "-shm"]) rmSync(stage.file + suffix, { force: true });
  const up = await stage.healthIs(true);
  for (const id of [...later, "meanwhile"]) {
    stage.acknowledged.delete(id); // the operator chose the backup
    await stage.isAbsent(id);
  }
  const kept = await stage.nothingLost();
  assert.equal(statusOf(await stage.put("after")), "0");
  await stage.close();
  return {
    saw: stage.saw(),
    health: `NOT_SERVING after ${down} ms, SERVING ${up} ms after the -wal was removed`,
    afterwards: `the backup's ${kept} rows and nothing else: the old -wal was never mixed into it; whole by integrity_check`,
  };
}

async function replacedByForeign(): Promise<Told> {
  const stage = await Stage.open();
  for (let i = 0; i < 20; i += 1) await stage.put(`before ${i}`);
  moveAll(stage.file, `${stage.file}.away`);
  const foreign = new DatabaseSync(stage.file);
  foreign.exec("PRAGMA application_id = 252006675; CREATE TABLE plains (a); INSERT INTO plains VALUES (1)");
  foreign.close();
  const before = statSync(stage.file).mtimeMs;
  const down = await stage.healthIs(false);
  assert.equal(statusOf(await stage.put("meanwhile")), "13 STORE_CORRUPT");
  assert.equal(statusOf(await stage.get("before 7")), "13 STORE_CORRUPT");
  assert.equal(statSync(stage.file).mtimeMs, before, "another application's file was written to");
  for (const suffix of ["", "-wal", "-shm"]) rmSync(stage.file + suffix, { force: true });
  moveAll(`${stage.file}.away`, stage.file);
  const up = await stage.healthIs(true);
  const kept = await stage.nothingLost();
  await stage.close();
  return {
    saw: stage.saw(),
    health: `NOT_SERVING after ${down} ms, SERVING again after ${up} ms`,
    afterwards: `${kept} acknowledged rows there; the other file was not written to`,
  };
}

async function corruptPages(): Promise<Told> {
  const stage = await Stage.open();
  const ids = Array.from({ length: 1_000 }, (_, i) => `row ${String(i).padStart(5, "0")}`);
  for (let at = 0; at < ids.length; at += 100)
    await Promise.all(ids.slice(at, at + 100).map((id) => stage.put(id, 12_000)));
  await stage.restart(); // nothing is cached, and everything is in the file
  const { size } = statSync(stage.file);
  const [from, length] = [Math.floor(size / 2 / 4_096) * 4_096, 64 * 4_096];
  const whole = swap(stage.file, from, Buffer.alloc(length, 0xa5));
  const scan = (): ReturnType<typeof stage.sidecar.stream> =>
    stage.sidecar.stream(`${plains}/Scan`, { readMask: "id,data" });
  const { end } = await scan();
  assert.ok(end);
  stage.note(end);
  assert.equal(statusOf(end), "13 STORE_CORRUPT");
  const down = await stage.healthIs(false);
  // Few enough that no checkpoint writes them into the file before the pages are put right.
  const writes = await Promise.all(ids.slice(470, 530).map((id) => stage.put(id, 12_000)));
  const applied = writes.filter(({ ok }) => ok).length;
  for (const write of writes) assert.match(statusOf(write), /^(0|13 STORE_CORRUPT)$/);
  const read = await stage.get("row 00001");
  assert.equal(statusOf(read), "0", "a row on a whole page is answered");
  swap(stage.file, from, whole);
  const up = await stage.healthIs(true);
  const again = await scan();
  assert.equal(again.end, undefined);
  const kept = await stage.nothingLost();
  await stage.stop();
  return {
    saw: `${stage.saw()}; ${applied} of ${writes.length} writes near it were taken`,
    health: `NOT_SERVING after ${down} ms, SERVING again after ${up} ms`,
    afterwards: `${kept} acknowledged rows there; calls that meet no damaged page are answered throughout`,
  };
}

/** Writes over a part of the file, and answers what was there. */
function swap(path: string, from: number, bytes: Buffer): Buffer {
  const descriptor = openSync(path, "r+");
  const old = Buffer.alloc(bytes.length);
  readSync(descriptor, old, 0, old.length, from);
  writeSync(descriptor, bytes, 0, bytes.length, from);
  closeSync(descriptor);
  return old;
}
