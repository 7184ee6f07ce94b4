// The examples of clients/examples: the module that is emitted for them, and how each becomes a program.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { env, execPath } from "node:process";
import { promisify } from "node:util";
import { cached } from "../servers/cached.ts";
import { buildGo } from "../servers/go-tool.ts";
import { digestOf, folderOf, made, root, run, type Program } from "./build.ts";

const buf = createRequire(import.meta.url).resolve("@bufbuild/buf/bin/buf");

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
    const file = await made("go", { proto }, "shop", async (source, target) => {
      await run(execPath, [buf, "generate", "proto"], source);
      await buildGo(source, join(target, "shop"));
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
    const source = await made("python", { proto }, "source", (folder) => run("python3", ["generate.py"], folder, environment)); // prettier-ignore
    return { file: "python3", args: [join(source, "main.py")], environment };
  },
};

const java: Example = {
  name: "java",
  needs: ["java", "javac", "mvn"],
  isSeldom: true,
  build: async (proto) => {
    const compiled = await made("java", { proto }, "source", (source) =>
      run("mvn", ["--quiet", "--batch-mode", "compile", "dependency:copy-dependencies", "-DincludeScope=runtime"], source),
    );
    const classes = [join(compiled, "target/classes"), join(compiled, "target/dependency/*")].join(delimiter);
    return { file: "java", args: ["-cp", classes, "Shop"] };
  },
}; // prettier-ignore

const rust: Example = {
  name: "rust",
  needs: ["cargo"],
  isSeldom: true,
  build: async (proto) => {
    const file = await made("rust", { proto }, "shop", async (source, target) => {
      const output = join(target, "target");
      await run("cargo", ["build", "--quiet", "--locked", "--target-dir", output], source);
      await rename(join(output, "debug", "shop"), join(target, "shop"));
    });
    return { file, args: [] };
  },
};

export const examples: readonly Example[] = [go, python, java, rust];

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
