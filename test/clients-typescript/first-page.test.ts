// The first lines of clients/typescript/README.md, run as they are printed.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startShop } from "./sidecar.ts";

const clients = fileURLToPath(new URL("../../clients", import.meta.url));

test("the first page works as it is printed, in a dozen lines", async () => {
  const page = await readFile(join(clients, "typescript/README.md"), "utf8");
  const [, program = ""] = /```ts\n([\s\S]*?)```/.exec(page) ?? [];
  expect(program.split("\n").filter((line) => line !== "").length).toBeLessThanOrEqual(12);
  const folder = await mkdtemp(join(tmpdir(), "pannier-first-page-"));
  await using sidecar = await startShop();
  try {
    const here = program
      .replace('"./gen/index.ts"', JSON.stringify(join(clients, "examples/typescript/gen/index.ts")))
      .replace('"pannier/client"', JSON.stringify(join(clients, "typescript/index.ts")));
    await writeFile(join(folder, "package.json"), '{"type":"module"}');
    await writeFile(join(folder, "page.ts"), here);
    const options = { env: { PATH: env["PATH"], PANNIER_TARGET: sidecar.target } };
    const { stdout } = await promisify(execFile)(execPath, ["--conditions=pannier-source", join(folder, "page.ts")], options); // prettier-ignore
    expect(stdout).toBe("[ 'Lamp' ]\n2 2n\ntrue\n");
  } finally {
    await rm(folder, { recursive: true });
  }
});
