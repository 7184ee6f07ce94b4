// The client as npm would install it, on the oldest Node it is made for, on Bun and on Deno. With PANNIER_TEST_SERVERS=all, because npm installs them.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { arch, env, platform } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TestSidecar } from "pannier/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientPackage } from "../examples/service.ts";
import { cached } from "../servers/cached.ts";
import { startShop } from "./sidecar.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const program = "test/clients-typescript/runtime-program.ts";

interface Runtime {
  readonly name: string;
  /** The package of npm. */
  readonly package: string;
  /** The program within node_modules; the first whose name ends so. */
  readonly file: RegExp;
  readonly args: readonly string[];
  /** Whether it takes TypeScript. */
  readonly stripsTypes: boolean;
}

const runtimes: readonly Runtime[] = [
  { name: "Node 20", package: `node-${platform}-${arch}@20.20.2`, file: /\/bin\/node$/, args: [], stripsTypes: false },
  { name: "Bun", package: "bun@1.4.5", file: /^@oven\/[^/]+\/bin\/bun$/, args: [], stripsTypes: true },
  { name: "Deno", package: "deno@2.9.6", file: /^@deno\/[^/]+\/deno$/, args: ["run", "-A", "--node-modules-dir=manual"], stripsTypes: true }, // prettier-ignore
];

async function programOf({ package: name, file }: Runtime): Promise<string> {
  const modules = await cached(`runtime-${name.replace("@", "-")}`, "node_modules", async (target) => {
    const quietly = ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"];
    await run("npm", [...quietly, "--prefix", target, name], { timeout: 600_000 });
  });
  const found = (await readdir(modules, { recursive: true })).find((path) => file.test(path));
  if (found === undefined) throw new Error(`${name} has no program`);
  return join(modules, found);
}

/** The program and the generated modules beside an installed client; without types for runtimes that take none. */
async function folderFor({ stripsTypes }: Runtime): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pannier-runtime-"));
  await cp(await clientPackage(), join(folder, "node_modules/pannier"), { recursive: true });
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  const gen = "clients/examples/typescript/gen";
  for (const path of [program, `${gen}/index.ts`, `${gen}/shop/v1/client.ts`]) {
    const text = await readFile(join(root, path), "utf8");
    const target = join(folder, stripsTypes ? path : path.replace(/\.ts$/, ".js"));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, stripsTypes ? text : stripTypeScriptTypes(text).replace(/(from "\.[^"]+)\.ts"/g, '$1.js"'));
  }
  return folder;
}

describe.skipIf(env["PANNIER_TEST_SERVERS"] !== "all").each(runtimes)("on $name", (runtime) => {
  let sidecar: TestSidecar;
  beforeAll(async () => {
    sidecar = await startShop();
  });
  afterAll(() => sidecar.stop());

  test("everything is as on any other", { timeout: 900_000 }, async () => {
    const [file, folder] = await Promise.all([programOf(runtime), folderFor(runtime)]);
    const path = runtime.stripsTypes ? program : program.replace(/\.ts$/, ".js");
    const options = { cwd: folder, env: { HOME: folder, NO_COLOR: "1" }, timeout: 300_000 };
    const { stdout, stderr } = await run(file, [...runtime.args, path, sidecar.target], options);
    await rm(folder, { recursive: true });
    expect(stderr).toBe("");
    expect(stdout).toBe('{"name":"Lamp","version":"1"}\n0\nCONDITION_FAILED\n1\n7 serving\ntrue\nCancelledError\n');
  });
});
