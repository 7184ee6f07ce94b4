// Builds deploy/Dockerfile with buildah, which needs no engine and no daemon, on bases made of Debian packages and of the Node that the tests run under.
import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { env, execPath, getuid } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cached } from "../servers/cached.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const runtimeImage = "localhost/pannier-test-base";
const nodeImage = `localhost/pannier-test-node:${process.versions.node}`;
const certificates = "/etc/ssl/certs/ca-certificates.crt";

/** An image that is built, as far as it is run and measured here. */
export interface Image {
  /** The files of it. */
  readonly root: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: { readonly [name: string]: string };
  readonly workingDirectory: string;
  readonly user: string;
  /** MiB of what a folder or file of it takes on disk. */
  size(path: string): number;
  remove(): Promise<void>;
}

/** Why no image can be built here; undefined where one can. */
export function whyNoImage(): string | undefined {
  if (getuid?.() !== 0) return "images are built by root alone";
  const missing = ["buildah", "mmdebstrap"].filter((tool) => spawnSync(tool, ["--version"]).status !== 0);
  return missing.length === 0
    ? undefined
    : `${missing.join(" and ")} is not installed (apt-get install buildah mmdebstrap)`;
}

/** A stage of the Dockerfile that serves. */
export type Target = "runtime" | "compiling";

/** Builds it anew: with `--layers` buildah 1.28 takes a `COPY --from` for known whose source has changed. */
export async function buildImage(target: Target): Promise<Image> {
  await bases();
  const folder = await mkdtemp(join(tmpdir(), "pannier-image-"));
  const dockerfile = join(folder, "Dockerfile");
  const text = await readFile(join(root, "deploy", "Dockerfile"), "utf8");
  await writeFile(dockerfile, text.replace(" --start-interval=1s", "")); // which Debian 12's buildah does not know
  const name = `localhost/pannier-test-image-${target}`;
  await buildah([
    "bud", "--isolation", "chroot", "--format", "docker", "--target", target, ...settingsOfNpm(),
    "--build-arg", `NODE_IMAGE=${nodeImage}`, "--build-arg", `RUNTIME_IMAGE=${runtimeImage}`,
    "--ignorefile", join(root, ".dockerignore"), "-f", dockerfile, "-t", name, root,
  ]); // prettier-ignore
  await rm(folder, { recursive: true });
  const container = await buildah(["from", "--pull-never", name]);
  const mounted = await buildah(["mount", container]);
  const { config } = (JSON.parse(await buildah(["inspect", container])) as Inspected).Docker; // as buildah prints it
  return {
    root: mounted,
    entrypoint: config.Entrypoint,
    command: config.Cmd,
    environment: Object.fromEntries(config.Env.map((line) => line.split(/=(.*)/s).slice(0, 2))),
    workingDirectory: config.WorkingDir,
    user: config.User,
    size: (path) => sizeOf(join(mounted, path)),
    remove: async () => {
      await buildah(["umount", container]);
      await buildah(["rm", container]);
    },
  };
}

interface Inspected {
  readonly Docker: { readonly config: ImageConfig };
}

interface ImageConfig {
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Env: readonly string[];
  readonly WorkingDir: string;
  readonly User: string;
}

function sizeOf(path: string): number {
  const { stdout } = spawnSync("du", ["-s", "--block-size=1M", path], { encoding: "utf8" });
  return Number(stdout.split("\t")[0]);
}

/** The images that stand for those of the Dockerfile's arguments; made once. */
async function bases(): Promise<void> {
  if (await hasImage(runtimeImage)) {
    if (await hasImage(nodeImage)) return;
  } else {
    const tar = await cached("image", "base", async (target) => {
      await mkdir(join(target, "base"));
      const packages = "--include=ca-certificates,libstdc++6";
      await run("mmdebstrap", ["--variant=minbase", packages, "bookworm", join(target, "base", "base.tar")], lasting);
    });
    const container = await buildah(["from", "scratch"]);
    await buildah(["add", container, join(tar, "base.tar"), "/"]);
    if (existsSync(certificates)) await buildah(["copy", container, certificates, certificates]);
    await commit(container, runtimeImage);
  }
  const container = await buildah(["from", "--pull-never", runtimeImage]);
  await buildah(["copy", "--chmod", "755", container, execPath, "/usr/local/bin/node"]);
  const npm = dirname(dirname(await realpath((await run("sh", ["-c", "command -v npm"])).stdout.trim())));
  await buildah(["copy", container, npm, "/usr/local/lib/node_modules/npm"]);
  const link = "ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm";
  await buildah(["run", "--isolation", "chroot", container, "--", "sh", "-c", link]);
  await buildah(["config", "--env", `NODE_EXTRA_CA_CERTS=${certificates}`, container]);
  await commit(container, nodeImage);
}

async function hasImage(name: string): Promise<boolean> {
  return buildah(["inspect", "--type", "image", name]).then(
    () => true,
    () => false,
  );
}

async function commit(container: string, name: string): Promise<void> {
  await buildah(["commit", container, name]);
  await buildah(["rm", container]);
}

/** Where packages come from is this machine's matter: its settings are there during the build, and in no layer. */
function settingsOfNpm(): readonly string[] {
  const file = env["NPM_CONFIG_USERCONFIG"] ?? join(homedir(), ".npmrc");
  return existsSync(file) ? ["-v", `${file}:/root/.npmrc:ro`] : [];
}

const lasting = { maxBuffer: 67_108_864 };

async function buildah(args: readonly string[]): Promise<string> {
  const { stdout } = await run("buildah", args, lasting);
  return stdout.trim();
}
