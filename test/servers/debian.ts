// Programs out of Debian packages, unpacked into the user's cache without being installed, and without being root.
import { execFile } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cached } from "./cached.ts";

const run = promisify(execFile);
const LIMIT = 600_000; // milliseconds

export interface DebianProgram {
  /** What its folder in the cache is called. */
  readonly name: string;
  readonly package: string;
  /** Lines of a sources.list to look in; absent are the machine's own sources. */
  readonly sources?: string;
}

/**
 * A folder that looks like the root of a Debian with that package and all that it needs; made once, later runs find it again.
 *
 * @throws Error where there is no apt here, or it cannot get the packages
 */
export function unpacked(program: DebianProgram): Promise<string> {
  return cached(program.name, "root", async (target) => {
    const apt = await privateState(target, program.sources);
    if (program.sources !== undefined) await run("apt-get", [...apt, "update"], { timeout: LIMIT });
    const get = ["--yes", "--download-only", "--no-install-recommends", "install", program.package];
    await run("apt-get", [...apt, ...get], { timeout: LIMIT, maxBuffer: 1 << 24 });
    const archives = join(target, "cache", "archives");
    for (const file of await readdir(archives))
      if (file.endsWith(".deb")) await run("dpkg-deb", ["-x", join(archives, file), join(target, "root")]);
  });
}

/** Nothing is known to be installed, so that everything is fetched, libc too. */
async function privateState(target: string, sources: string | undefined): Promise<readonly string[]> {
  await mkdir(join(target, "cache", "archives", "partial"), { recursive: true });
  await mkdir(join(target, "root"));
  const options = [`Dir::Cache=${join(target, "cache")}`, "Dir::State::status=/dev/null", "Debug::NoLocking=1"];
  if (sources !== undefined) {
    await mkdir(join(target, "lists", "partial"), { recursive: true });
    await writeFile(join(target, "sources.list"), sources);
    options.push(
      `Dir::Etc::SourceList=${join(target, "sources.list")}`,
      "Dir::Etc::SourceParts=/dev/null",
      `Dir::State::Lists=${join(target, "lists")}`,
    );
  }
  return options.flatMap((option) => ["-o", option]);
}

/** How a program of such a folder is run: by the libc that came with it. */
export async function within(root: string, program: string): Promise<{ command: string; args: readonly string[] }> {
  const [triplet = "x86_64-linux-gnu"] = (await readdir(join(root, "usr", "lib"))).filter((name) =>
    name.endsWith("-linux-gnu"),
  );
  const libraries = [join(root, "usr", "lib", triplet), join(root, "lib", triplet)];
  for (const library of libraries) {
    const loader = (await readdir(library).catch(() => [])).find((name) => /^ld-linux-.*\.so\.\d$/u.test(name));
    if (loader === undefined) continue;
    return { command: join(library, loader), args: ["--library-path", libraries.join(":"), join(root, program)] };
  }
  throw new Error(`${root} holds no libc`);
}
