// Row 84: the configuration is replaced under a sidecar that answers calls. Every call sees one whole version, and the last one stays.
import { mkdir, mkdtemp, rename, rm, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonValue } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { entries, metrics, page, told } from "../integration/operations/serving.ts";
import { startSidecar, testEntities, type Outcome, type Sidecar } from "../integration/sidecar.ts";
import { declare } from "./fact.ts";

const tickets = "test.v1.TicketRepository";
const ids = Array.from("abcdefghij");

/** Settings that change together, and what each of LISTS shows of them. */
interface Version {
  readonly limits: { readonly [name: string]: number };
  readonly shows: readonly [string, string, string];
}

const SMALL: Version = {
  limits: { page_size: 2, max_page_size: 3, filter_terms: 5 },
  shows: ["2 rows", "3 rows", "3 FILTER_TOO_LARGE"],
};
const LARGE: Version = {
  limits: { page_size: 8, max_page_size: 9, filter_terms: 50 },
  shows: ["8 rows", "9 rows", "8 rows"],
};

/** By the default, by the most, and by the default under a filter that one version takes: of a mix of versions, some would give other numbers. */
const LISTS: readonly JsonValue[] = [{}, { pageSize: 100 }, { where: { id: { oneOf: [...ids] } } }];

function yamlOf({ limits }: Version): string {
  const lines = Object.entries(limits).map(([name, value]) => `${name}: ${value}`);
  return `limits: {${lines.join(", ")}}\n`;
}

let directory: string;
let sidecar: Sidecar;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pannier-"));
});
afterEach(async () => {
  await sidecar.dispose();
  await rm(directory, { recursive: true, force: true });
});

async function start(): Promise<void> {
  sidecar = await startSidecar({ directory, descriptors: testEntities });
  for (const id of ids) expect(await sidecar.call(`${tickets}/Create`, { entity: { id } })).toMatchObject({ ok: true });
}

function shown(outcome: Outcome): string {
  if (!outcome.ok) return `${outcome.code} ${outcome.reason}`;
  const { json } = outcome;
  const rows = typeof json === "object" && json !== null && "entities" in json ? json["entities"] : [];
  return `${Array.isArray(rows) ? rows.length : 0} rows`;
}

async function look(): Promise<readonly string[]> {
  const outcomes = await Promise.all(LISTS.map((request) => sidecar.call(`${tickets}/List`, request)));
  return outcomes.map(shown);
}

/** Calls without a pause while something is done, and requires that each saw one version, and that all versions were seen. */
async function whileCalled(work: () => Promise<void>): Promise<void> {
  let isDone = false;
  const seen: readonly Set<string>[] = LISTS.map(() => new Set());
  const caller = async (): Promise<void> => {
    while (!isDone) for (const [i, one] of (await look()).entries()) seen[i]?.add(one);
  };
  const callers = Array.from({ length: 4 }, caller);
  await work().finally(() => (isDone = true));
  await Promise.all(callers);
  for (const [i, all] of seen.entries()) expect(all).toEqual(new Set([SMALL.shows[i], LARGE.shows[i]]));
}

function becomes({ shows }: Version): Promise<void> {
  return vi.waitFor(async () => expect(await look()).toEqual(shows), { timeout: 60_000 });
}

async function reloads(outcome: string): Promise<number> {
  return (await metrics(sidecar)).get(`pannier_config_reloads_total{outcome="${outcome}"}`) ?? 0;
}

const taken = "the configuration is taken over";
const refused = "the changed configuration is refused; the earlier one goes on";

declare(84, "a storm of SIGHUPs while the file is replaced by others", "start", async () => {
  const file = join(directory, "pannier.yaml");
  const rest = "reload: {watch: off}\n"; // SIGHUP alone is to bring every change
  await writeFile(file, yamlOf(SMALL) + rest);
  await start();
  const storm = async (versions: readonly [Version, Version]): Promise<void> => {
    for (let i = 1; i <= 24; i += 1) {
      const next = join(directory, "next");
      await writeFile(next, yamlOf(versions[i % 2 === 0 ? 1 : 0]) + rest);
      await rename(next, file);
      sidecar.process.kill("SIGHUP");
    }
    await becomes(versions[1]);
  };
  await whileCalled(async () => {
    for (let i = 0; i < 8; i += 1) {
      await storm([LARGE, SMALL]);
      await storm([SMALL, LARGE]);
    }
  });
  expect(await reloads("refused")).toBe(0);
  expect(await reloads("applied")).toBeGreaterThan(10);
  expect((await metrics(sidecar)).get("pannier_config_current")).toBe(1);
});

declare(84, "a mounted directory that is swapped", "start", async () => {
  let version = 0;
  const mount = async (content: Version): Promise<void> => {
    const before = `..version-${version}`;
    const data = `..version-${(version += 1)}`;
    await mkdir(join(directory, data));
    await writeFile(join(directory, data, "pannier.yaml"), yamlOf(content));
    await symlink(data, join(directory, "..data_tmp"));
    await rename(join(directory, "..data_tmp"), join(directory, "..data"));
    await rm(join(directory, before), { recursive: true, force: true }); // as the kubelet does
  };
  await mount(SMALL);
  await symlink(join("..data", "pannier.yaml"), join(directory, "pannier.yaml"));
  await start();
  await whileCalled(async () => {
    for (let i = 0; i < 3; i += 1) {
      for (const next of [LARGE, SMALL, LARGE, i % 2 === 0 ? LARGE : SMALL]) await mount(next);
      await becomes(i % 2 === 0 ? LARGE : SMALL);
    }
  });
  expect(await reloads("refused")).toBe(0);
  expect((await metrics(sidecar)).get("pannier_config_current")).toBe(1);
});

declare(84, "a file that is half written, empty or gone for a while", "start", async () => {
  const file = join(directory, "pannier.yaml");
  const whole = yamlOf(LARGE);
  await writeFile(file, yamlOf(SMALL));
  await start();
  await becomes(SMALL);
  const halves: readonly (readonly [RegExp, () => Promise<void>])[] = [
    [/pannier\.yaml: Flow map/, () => writeFile(file, whole.slice(0, whole.indexOf(",")))], // `limits: {page_size: 8`
    [/pannier\.yaml: is empty/, () => truncate(file)],
    [/pannier\.yaml: is gone/, () => unlink(file)],
  ];
  const findings = (): string =>
    entries(sidecar)
      .flatMap(({ msg, findings: all }) => (msg === refused ? [String(all)] : []))
      .join("\n");
  for (const [reason, half] of halves) {
    await half();
    await expect.poll(findings).toMatch(reason);
    const before = await reloads("refused");
    sidecar.process.kill("SIGHUP"); // asked for it, it says so once more
    await expect.poll(() => reloads("refused")).toBeGreaterThan(before);
    expect(await look()).toEqual(SMALL.shows);
    expect((await metrics(sidecar)).get("pannier_config_current")).toBe(0);
    expect((await page(sidecar, "/readyz")).text).toContain("a change was refused at");
  }
  await writeFile(file, whole);
  await told(sidecar, taken);
  expect(await look()).toEqual(LARGE.shows);
  expect((await metrics(sidecar)).get("pannier_config_current")).toBe(1);
});
