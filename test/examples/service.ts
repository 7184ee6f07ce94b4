// The HTTP services of clients/examples: built with their own packages beside the client as npm would install it, and started.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { env, execPath } from "node:process";
import { createInterface } from "node:readline";
import { cached } from "../servers/cached.ts";
import { digestOf, folderOf, made, root, run, sourcesOf } from "./build.ts";

export interface Service {
  /** Its folder in clients/examples. */
  readonly name: string;
  /** What is started, from that folder. */
  readonly main: string;
}

export const services: readonly Service[] = [
  { name: "fastify", main: "main.ts" },
  { name: "nestjs", main: "dist/main.js" },
];

export interface RunningService extends AsyncDisposable {
  /** For example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Ends it as an orchestrator does; answers how it ended. */
  stop(): Promise<string>;
}

/** Answers the folder of what was built; the compiler that its package.json names has nothing to complain of. */
export async function buildService({ name }: Service): Promise<string> {
  const [modules, client] = await Promise.all([packagesOf(name), clientPackage()]);
  const gen = join(folderOf("typescript"), "gen");
  return made(name, { gen, client }, "service", async (source, target) => {
    await mkdir(join(target, "service/node_modules"), { recursive: true });
    await cp(join(source, "client"), join(target, "service/node_modules/pannier"), { recursive: true });
    await cp(source, join(target, "service/app"), {
      recursive: true,
      filter: (path) => !path.startsWith(join(source, "client")),
    });
    await symlink(modules, join(target, "service/app/node_modules"));
    await run(execPath, ["node_modules/typescript/bin/tsc"], join(target, "service/app"));
  });
}

/** What its package-lock.json names. */
async function packagesOf(name: string): Promise<string> {
  const files = ["package.json", "package-lock.json"].map((file) => join(folderOf(name), file));
  const digest = digestOf(await Promise.all(files.map((file) => readFile(file))));
  return cached(`example-${name}-packages-${digest}`, "node_modules", async (target) => {
    for (const file of files) await cp(file, join(target, file.slice(folderOf(name).length)));
    await run("npm", ["ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], target);
  });
}

/** The package `pannier`, as far as clients need it. */
export async function clientPackage(): Promise<string> {
  const folders = ["clients/typescript", "src/http2"].map((folder) => join(root, folder));
  const paths = [...(await Promise.all(folders.map(sourcesOf))).flat(), join(root, "package.json")];
  const digest = digestOf(await Promise.all(paths.map((path) => readFile(path))));
  return cached(`example-client-${digest}`, "pannier", async (target) => {
    const compiler = createRequire(import.meta.url).resolve("typescript/package.json");
    const options = ["-p", "clients/typescript/tsconfig.json", "--outDir", join(target, "pannier/dist")];
    await run(execPath, [join(compiler, "../bin/tsc"), ...options], root);
    await cp(join(root, "package.json"), join(target, "pannier/package.json"));
  });
}

/** @param target of the sidecar */
export async function startService({ main }: Service, folder: string, target: string): Promise<RunningService> {
  const child = spawn(execPath, [main, "0"], {
    cwd: join(folder, "app"),
    env: { PATH: env["PATH"], PANNIER_TARGET: target },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  const stop = async (): Promise<string> => {
    child.kill("SIGTERM");
    const [code, signal] = await closed;
    return String(code ?? signal);
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url] = /^listening on (http:\S+)$/.exec(line) ?? [];
    if (url !== undefined) return { url, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
  }
  throw new Error(`${main} of ${folder} ended with ${await stop()} before it listened`);
}
