/** The protobuf compiler: .proto texts in, a descriptor set out. Reads nothing else, and never the network. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** What the compiler says about one place. */
export interface Complaint {
  /** Import name; absent where it concerns no file. */
  readonly name?: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

export type Compiled =
  { readonly ok: true; readonly set: Uint8Array } | { readonly ok: false; readonly complaints: readonly Complaint[] };

/** Milliseconds; a compiler that takes longer is stopped. */
const LONGEST = 30_000;

const require = createRequire(import.meta.url);

/** Undefined where the compiler is not installed, as in an image that takes descriptor sets alone. */
export async function bufVersion(): Promise<string | undefined> {
  const manifest = resolved("@bufbuild/buf/package.json");
  if (manifest === undefined) return undefined;
  const found: unknown = JSON.parse(await readFile(manifest, "utf8"));
  return typeof found === "object" && found !== null && "version" in found ? String(found.version) : "unknown";
}

function resolved(name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

/** Compiles files given as import name → text. Everything is written to a folder that is gone when this settles. */
export async function compile(files: ReadonlyMap<string, Uint8Array>): Promise<Compiled> {
  const folder = await mkdtemp(join(tmpdir(), "pannier-proto-"));
  try {
    const module = join(folder, "module");
    for (const [name, text] of files) await writeInto(join(module, name), text);
    await writeInto(join(module, "buf.yaml"), Buffer.from("version: v2\n"));
    return await run(module, join(folder, "cache"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeInto(path: string, text: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function run(module: string, cache: string): Promise<Compiled> {
  const { spawn } = await import("node:child_process"); // not needed while the cache knows the texts
  const program = require.resolve("@bufbuild/buf/bin/buf");
  const options = ["--as-file-descriptor-set", "--error-format", "json", "--output", "-"];
  const child = spawn(process.execPath, [program, "build", ".", ...options], {
    cwd: module,
    // Nothing of the user's own settings, and its cache beside the texts.
    env: { PATH: process.env["PATH"], BUF_CACHE_DIR: cache, HOME: cache },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LONGEST,
  });
  const out: Buffer[] = [];
  const error: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => error.push(chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve({ ok: true, set: Buffer.concat(out) });
      else if (signal) resolve({ ok: false, complaints: [{ message: `the compiler was stopped by ${signal}` }] });
      else resolve({ ok: false, complaints: parseComplaints(Buffer.concat(error).toString()) });
    });
  });
}

function parseComplaints(text: string): readonly Complaint[] {
  const complaints = new Map<string, Complaint>();
  // The same mistake comes once for each file that imports the place of it.
  for (const line of text.split("\n").filter((line) => line !== "")) complaints.set(line, parseComplaint(line));
  return complaints.size > 0 ? [...complaints.values()] : [{ message: "the compiler failed without a word" }];
}

function parseComplaint(line: string): Complaint {
  const found = parseJson(line);
  if (typeof found !== "object" || found === null || !("message" in found)) return { message: line };
  return {
    message: String(found.message),
    ...("path" in found && typeof found.path === "string" && { name: found.path }),
    ...("start_line" in found && typeof found.start_line === "number" && { line: found.start_line }),
    ...("start_column" in found && typeof found.start_column === "number" && { column: found.start_column }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
