// The examples of clients/examples: the module that is emitted for them, and how each becomes a program.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { env, execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cached } from "../servers/cached.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const buf = createRequire(import.meta.url).resolve("@bufbuild/buf/bin/buf");

/** A program to start with the sidecar's address as its last argument. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment?: { readonly [name: string]: string };
}

export interface Example {
  /** Its folder in clients/examples. */
  readonly name: string;
  /** What must be on the PATH to build and run it. */
  readonly needs: readonly string[];
  /** Whether it is tried with PANNIER_TEST_SERVERS=all alone. */
  readonly isSeldom: boolean;
  /** Builds it, unless the very same was built before. `proto` is the module that `pannier generate` wrote. */
  build(proto: string): Promise<Program>;
}

const go: Example = {
  name: "go",
  needs: ["go"],
  isSeldom: false,
  build: async (proto) => {
    const file = await made("go", proto, "shop", async (source, target) => {
      await run(execPath, [buf, "generate", "proto"], source);
      await run("go", ["build", "-o", join(target, "shop"), "."], source);
    });
    return { file, args: [] };
  },
};

const python: Example = {
  name: "python",
  needs: ["python3"],
  isSeldom: false,
  build: async (proto) => {
    const requirements = join(folderOf("python"), "requirements.txt");
    const digest = digestOf([await readFile(requirements)]);
    const packages = await cached(`example-python-packages-${digest}`, "packages", async (target) => {
      const into = ["--target", join(target, "packages"), "--requirement", requirements];
      await run("python3", ["-m", "pip", "install", "--quiet", "--root-user-action=ignore", ...into], target);
    });
    const environment = { PYTHONPATH: packages };
    const source = await made("python", proto, "source", (folder) => run("python3", ["generate.py"], folder, environment)); // prettier-ignore
    return { file: "python3", args: [join(source, "main.py")], environment };
  },
};

const java: Example = {
  name: "java",
  needs: ["java", "javac", "mvn"],
  isSeldom: true,
  build: async (proto) => {
    const compiled = await made("java", proto, "source", (source) =>
      run("mvn", ["--quiet", "--batch-mode", "compile", "dependency:copy-dependencies", "-DincludeScope=runtime"], source),
    );
    const classes = [join(compiled, "target/classes"), join(compiled, "target/dependency/*")].join(delimiter);
    return { file: "java", args: ["-cp", classes, "Shop"] };
  },
}; // prettier-ignore

export const examples: readonly Example[] = [go, python, java];

/** Writes the module as a user does, into a folder that goes with it. */
export async function emittedModule(): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), "pannier-example-"));
  const path = join(folder, "proto");
  await run(execPath, [join(root, "src/pannier.js"), "generate", "proto", "--out", path], root);
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** Runs it to its end; answers what it printed. @throws Error with what it said where it fails */
export async function runExample({ file, args, environment }: Program, address: string): Promise<string> {
  const options = { env: { PATH: env["PATH"], ...environment }, timeout: 120_000 };
  const { stdout } = await promisify(execFile)(file, [...args, address], options);
  return stdout;
}

/** The file or folder `name`, which `make` leaves in `target` (or beside the source); other sources or another module make it anew. */
async function made(
  example: string,
  proto: string,
  name: string,
  make: (source: string, target: string) => Promise<void>,
): Promise<string> {
  const paths = [...(await sourcesOf(folderOf(example))), ...(await sourcesOf(proto))];
  const digest = digestOf(await Promise.all(paths.map((path) => readFile(path))));
  return cached(`example-${example}-${digest}`, name, async (target) => {
    const source = join(target, "source");
    const isSource = (path: string): boolean => !/\/(?:proto|gen|venv|target|__pycache__)$/.test(path);
    await cp(folderOf(example), source, { recursive: true, filter: isSource });
    await cp(proto, join(source, "proto"), { recursive: true });
    await make(source, target);
  });
}

/** Files of a folder, without those that are made in it. */
async function sourcesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const isMade = (path: string): boolean => /^\/(?:proto|gen|venv|target|__pycache__)\//.test(path.slice(folder.length));
  return paths.filter((path) => !isMade(path)).toSorted();
} // prettier-ignore

function folderOf(example: string): string {
  return join(root, "clients", "examples", example);
}

function digestOf(contents: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const content of contents) hash.update(createHash("sha256").update(content).digest());
  return hash.digest("hex").slice(0, 16);
}

async function run(
  file: string,
  args: readonly string[],
  cwd: string,
  environment: { readonly [name: string]: string } = {},
): Promise<void> {
  const path = [join(root, "node_modules", ".bin"), env["PATH"]].join(delimiter);
  await promisify(execFile)(file, args, { cwd, env: { ...env, PATH: path, ...environment }, timeout: 900_000 });
}
