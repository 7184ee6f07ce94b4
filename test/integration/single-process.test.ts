// A store that one process at a time can have open: the second sidecar is told so, loses nothing of the first, and takes over when it ends.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ask } from "./ask.ts";
import { entries, page } from "./operations/serving.ts";
import { runPannier, startSidecar, testEntities, type Sidecar } from "./sidecar.ts";

const accounts = "test.v1.AccountRepository";
const environment = { PANNIER_STORES_DEFAULT_URL: "kv:rows" };
const mend = "another process has it open, and only one can; end that process, or give this one a path of its own";

let directory: string;
let first: Sidecar;
let second: Sidecar;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pannier-single-"));
  first = await startSidecar({ directory, descriptors: testEntities, environment });
  await ask(first, `${accounts}/Create`, { entity: { id: "one", name: "of the first" } });
});
afterAll(async () => {
  await Promise.all([first.dispose(), second.dispose()]);
  await rm(directory, { recursive: true, force: true });
});

const catalog = (): Promise<string> => readFile(join(directory, "data", "rows", "pannier.json"), "utf8");

test("check says that one process at a time can have it, also while one has", async () => {
  const { code, out } = await runPannier(["check", "--descriptors", testEntities], { directory, environment });
  expect(code).toBe(0);
  expect(out).toContain("stores.default: one process at a time can have it open: run one replica");
});

test("migrate apply is refused while a sidecar has it open, and says what to do", async () => {
  const args = ["migrate", "apply", "--descriptors", testEntities];
  const { code, err } = await runPannier(args, { directory, environment });
  expect(code).toBe(78);
  expect(err).toContain(mend);
});

test("a second sidecar serves without it, is not ready, says why, and leaves what is there alone", async () => {
  const before = await catalog();
  second = await startSidecar({ directory, descriptors: testEntities, environment });
  expect(await second.call(`${accounts}/Get`, { key: { id: "one" } })).toMatchObject({
    code: 14,
    reason: "STORE_UNAVAILABLE",
  });
  const ready = await page(second, "/readyz");
  expect(ready.status).toBe(503);
  expect(JSON.parse(ready.text)).toMatchObject({ checks: { "store.default": { reason: "STORE_UNAVAILABLE" } } });
  const said = entries(second).filter(({ msg }) => msg === "a store cannot be opened");
  expect(JSON.stringify(said[0])).toContain(mend);
  expect(await catalog()).toBe(before);
  expect(await ask(first, `${accounts}/Get`, { key: { id: "one" } })).toMatchObject({
    entity: { name: "of the first" },
  });
});

test("it takes over once the first has ended, with all its rows", async () => {
  await first.stop();
  await vi.waitFor(
    async () =>
      expect(await ask(second, `${accounts}/Get`, { key: { id: "one" } })).toMatchObject({
        entity: { name: "of the first" },
      }),
    { timeout: 60_000, interval: 500 },
  );
  expect((await page(second, "/readyz")).status).toBe(200);
});

test("two that begin at once on an empty directory: one has it, and keeps its tables", async () => {
  const empty = await mkdtemp(join(tmpdir(), "pannier-single-"));
  const pair = await Promise.all(
    [0, 1].map(() => startSidecar({ directory: empty, descriptors: testEntities, environment })),
  );
  const outcomes = await Promise.all(pair.map((one) => one.call(`${accounts}/Create`, { entity: { id: "one" } })));
  expect(outcomes.map((outcome) => (outcome.ok ? "OK" : outcome.reason)).toSorted()).toEqual([
    "OK",
    "STORE_UNAVAILABLE",
  ]);
  await Promise.all(pair.map((one) => one.dispose()));
  const later = await startSidecar({ directory: empty, descriptors: testEntities, environment });
  expect(await ask(later, `${accounts}/Get`, { key: { id: "one" } })).toMatchObject({ entity: { id: "one" } });
  await later.dispose();
  await rm(empty, { recursive: true, force: true });
});
