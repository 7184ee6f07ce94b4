// The configuration of a served sidecar changes under it, and for the worse; storms and halves of files are row 84 of test/cases.
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSidecar, type Sidecar } from "../sidecar.ts";
import { entries, metrics, page, told } from "./serving.ts";

const refused = "the changed configuration is refused; the earlier one goes on";
const taken = "the configuration is taken over";
const list = "shop.v1.ProductRepository/List";

let mounted: string;
let sidecar: Sidecar;
let version = 0;

/** What the kubelet does to a mounted ConfigMap: a new directory, and one rename of a link. */
async function mount(yaml: string): Promise<void> {
  const data = join(mounted, `..version-${(version += 1)}`);
  await mkdir(data);
  await writeFile(join(data, "pannier.yaml"), yaml);
  await symlink(data, join(mounted, "..data_tmp"));
  await rename(join(mounted, "..data_tmp"), join(mounted, "..data"));
}

beforeAll(async () => {
  mounted = await mkdtemp(join(tmpdir(), "pannier-mounted-"));
  await mount("limits: {max_page_size: 3}\n");
  await symlink(join("..data", "pannier.yaml"), join(mounted, "pannier.yaml"));
  sidecar = await startSidecar({ flags: ["--config", join(mounted, "pannier.yaml")] });
  for (let i = 0; i < 9; i += 1) await sidecar.call("shop.v1.ProductRepository/Create", { entity: { id: `p${i}` } });
});
afterAll(async () => {
  await sidecar.dispose();
  await rm(mounted, { recursive: true });
});

async function pageLength(): Promise<number> {
  const outcome = await sidecar.call(list, { pageSize: 100 });
  const json = outcome.ok ? outcome.json : undefined;
  return typeof json === "object" && json !== null && "entities" in json && Array.isArray(json["entities"])
    ? json["entities"].length
    : 0;
}

test("a swapped link is followed: limits, the log's level and scans change, and a new address waits", async () => {
  expect(await pageLength()).toBe(3);
  const byStock = { where: { stock: { gte: "0" } } };
  expect(await sidecar.call(list, byStock)).toMatchObject({ reason: "SCAN_REQUIRED" });
  const stores = "stores: {default: {url: 'sqlite:pannier.db', scans: allow}}";
  await mount(`limits: {max_page_size: 5}\nlog: {level: debug}\n${stores}\ndata_dir: elsewhere\n`);
  await told(sidecar, taken);
  expect(await pageLength()).toBe(5);
  expect(await sidecar.call(list, byStock)).toMatchObject({ ok: true });
  expect(entries(sidecar).some(({ level, msg }) => level === "debug" && msg === "call")).toBe(true);
  const waiting = entries(sidecar).find(({ msg }) => msg === "these settings have changed and wait for the next start");
  expect(waiting?.["settings"]).toEqual(["data_dir", "stores.default.url"]);
});

test("a bad file keeps the old state, and log, metrics and readiness say so", async () => {
  await mount("limits: {max_page_size: many}\nlog: {level: error}\n");
  await told(sidecar, refused);
  expect(await pageLength()).toBe(5);
  const findings = entries(sidecar).find(({ msg }) => msg === refused)?.["findings"];
  expect(String(findings)).toContain("limits.max_page_size");
  expect((await metrics(sidecar)).get("pannier_config_current")).toBe(0);
  const { status, text } = await page(sidecar, "/readyz");
  expect(status).toBe(200);
  expect(text).toMatch(/a change was refused at/);
});
