// What `npm pack` makes holds all that it needs, and serves below a node_modules folder, where Node strips no types.
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { objectOf } from "./ask.ts";
import { startSidecar } from "./sidecar.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "pannier-package-"));
const modules = join(folder, "node_modules");
const installed = join(modules, "pannier");
const launcher = join(installed, "src", "pannier.js");

/** Unpacks the package beside links to what it depends on, and to nothing else: as npm would install it, without asking the registry. */
beforeAll(() => {
  execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, archive), "-C", installed, "--strip-components=1"]);
  for (const path of productionModules()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(join(root, path), join(folder, path));
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Paths such as `node_modules/pino`, of all that is not needed for development alone. */
function productionModules(): readonly string[] {
  const lock = objectOf(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")));
  return Object.entries(objectOf(lock["packages"])).flatMap(([path, entry]) => {
    const isTop = path.lastIndexOf("node_modules/") === 0;
    const isNeeded = objectOf(entry)["dev"] !== true && existsSync(join(root, path));
    return isTop && isNeeded ? [path] : [];
  });
}

test("starts in another folder", () => {
  const output = execFileSync(process.execPath, [launcher, "--help"], { cwd: folder, encoding: "utf8" });
  expect(output).toContain("pannier");
});

test("holds the protos that are read at run time, and no sources", () => {
  for (const proto of ["pannier/v1/annotations.proto", "google/rpc/error_details.proto", "shop/v1/order.proto"]) {
    expect(existsSync(join(installed, "proto", proto)), proto).toBe(true);
  }
  for (const proto of ["google/type/money.proto", "google/api/resource.proto", "buf/validate/validate.proto"]) {
    expect(existsSync(join(installed, "imports", proto)), proto).toBe(true);
  }
  const files = readdirSync(installed, { recursive: true, encoding: "utf8" });
  expect(files.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))).toEqual([]);
  expect(files.filter((name) => name.startsWith("test"))).toEqual([]);
});

test("serves its example entities from a database file, and answers", async () => {
  const sidecar = await startSidecar({ launcher, descriptors: join(installed, "proto") });
  const repository = "shop.v1.ProductRepository";
  const created = await sidecar.call(`${repository}/Create`, { entity: { id: "packed", category: "tea", stock: 3 } });
  expect(created).toMatchObject({ ok: true, json: { entity: { id: "packed", version: "1" } } });
  const where = { category: { eq: "tea" } };
  expect(await sidecar.call(`${repository}/List`, { where })).toMatchObject({ json: { entities: [{ id: "packed" }] } });
  expect(await sidecar.call(`${repository}/Get`, { key: { id: "none" } })).toMatchObject({ reason: "ROW_NOT_FOUND" });
  expect(existsSync(join(sidecar.directory, "data", "pannier.db"))).toBe(true);
  expect(await sidecar.stop()).toBe(0);
  await sidecar.dispose();
});

test("generates the module of its example entities, in a folder that holds nothing else", () => {
  const elsewhere = join(folder, "elsewhere");
  mkdirSync(elsewhere);
  const run = (...args: readonly string[]): string =>
    execFileSync(process.execPath, [launcher, "generate", ...args], { cwd: elsewhere, encoding: "utf8" });
  expect(run()).toContain("repositories/shop/v1/order_repository.proto: added");
  expect(run("--check")).toMatch(/nothing changed\n$/);
  expect(existsSync(join(elsewhere, "generated/typescript/shop/v1/client.ts"))).toBe(true);
  expect(existsSync(join(elsewhere, "generated/proto/imports/pannier/v1/predicate.proto"))).toBe(true);
});

test("serves applications' own tests, with types", () => {
  const application = join(folder, "application");
  mkdirSync(application);
  mkdirSync(join(modules, "@types"), { recursive: true });
  for (const name of ["@types/node", "undici-types"])
    if (!existsSync(join(modules, name))) symlinkSync(join(root, "node_modules", name), join(modules, name));
  writeFileSync(join(application, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(
    join(application, "test.ts"),
    `import { connect, type Health } from "pannier/client";
import { startSidecar, type FaultRule, type TestSidecar } from "pannier/testing";
const rule: FaultRule = { method: "Get", error: "STORE_UNAVAILABLE", times: 1 };
// @ts-expect-error no such reason
export const wrong: FaultRule = { error: "NOTHING" };
const sidecar: TestSidecar = await startSidecar({ descriptors: [${JSON.stringify(join(installed, "proto"))}] });
sidecar.faults.add(rule);
await using db = await connect<{}>({}, { target: sidecar.target });
const health: Health = await db.health();
console.log(health);
await sidecar.stop();
`,
  );
  const options = { target: "es2024", module: "nodenext", lib: ["es2024", "esnext.disposable"], types: ["node"] };
  const compilerOptions = { ...options, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false };
  writeFileSync(join(application, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["test.ts"] }));
  const run = (file: string, ...args: readonly string[]): string => {
    const { stdout, stderr } = spawnSync(process.execPath, [file, ...args], { cwd: application, encoding: "utf8" });
    return stdout + stderr;
  };
  expect(run(join(root, "node_modules/typescript/bin/tsc"))).toBe("");
  expect(run("test.js")).toBe("serving\n");
});
