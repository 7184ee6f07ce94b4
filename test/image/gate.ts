// What the image is asked before anybody deploys it: its size, its starts, the calls of the first page, a drain under load, minutes of everything.
import { execFile } from "node:child_process";
import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { mixedLoad, type Load } from "../duress/mixed-load.ts";
import { ask, objects } from "../integration/ask.ts";
import { startSidecar, type Sidecar } from "../integration/sidecar.ts";
import { grpcurl } from "../servers/grpcurl.ts";
import type { Image, Target } from "./build.ts";
import { commandIn, memoryGroup, type MemoryGroup } from "./contained.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

/** What each image is asked to serve. */
const examples: { readonly [target in Target]: string } = { runtime: "/app/example.binpb", compiling: "/app/proto" };

/** The default for calls does not fit beside the program into 256 MiB, and Pannier says so at start. */
const little: { readonly [name: string]: string } = { PANNIER_LIMITS_BYTES_IN_FLIGHT: String(40 * 1_048_576) };

export interface Gate {
  readonly image: Image;
  readonly target: Target;
  readonly group: MemoryGroup | undefined;
}

export async function openGate(image: Image, target: Target, mebibytes: number): Promise<Gate> {
  return { image, target, group: await memoryGroup(mebibytes) };
}

export interface Sizes {
  /** MiB. */
  readonly program: number;
  readonly node: number;
  readonly whole: number;
}

export function sizesOf(image: Image): Sizes {
  return { program: image.size("/app"), node: image.size("/usr/local/bin/node"), whole: image.size("/") };
}

/** Milliseconds from the start of the container's process until it serves: with an empty volume, and with what that left. */
export async function starts(gate: Gate): Promise<{ readonly cold: number; readonly warm: number }> {
  return inFolder(async (directory) => {
    const once = async (): Promise<number> => {
      const started = performance.now();
      const sidecar = await serve(gate, directory);
      const ready = performance.now() - started;
      await end(sidecar);
      return ready;
    };
    return { cold: await once(), warm: await once() };
  });
}

/** Without the compiler a directory of .proto files is refused, with what to give instead. */
export async function refusesDirectories(gate: Gate): Promise<void> {
  await inFolder((directory) => {
    const command = commandIn(gate.image, { ...gate, directory });
    const environment = { ...gate.image.environment, ...little };
    const started = startSidecar({ directory, environment, descriptors: "/app/proto", command });
    return assert.rejects(started, /ended with 78:[^]*@bufbuild\/buf, which is not installed[^]*give a descriptor set/);
  });
}

/** The calls of README.md, as printed there. Answers how many, and asserts who runs and that nothing but the volume can be written to. */
export async function firstPage(gate: Gate): Promise<number> {
  return inFolder(async (directory) => {
    const sidecar = await serve(gate, directory);
    const status = await readFile(`/proc/${sidecar.process.pid}/status`, "utf8");
    assert.match(status, /^Uid:\t65532\t65532\t65532\t65532$/m, "it runs as the image's user");
    assert.match(status, /^CapEff:\t0+$/m, "it may do nothing that a user may not");
    const mounts = await readFile(`/proc/${sidecar.process.pid}/mounts`, "utf8");
    assert.match(mounts, / \/ \S+ ro,/, "its root cannot be written to");
    const tool = await grpcurl();
    const page = await readFile(join(root, "README.md"), "utf8");
    const lines = page.match(/^grpcurl .*$/gm) ?? [];
    let last = "";
    for (const line of lines) {
      const own = line.replace("grpcurl", tool).replace("127.0.0.1:7070", sidecar.address);
      last = (await run("sh", ["-c", own])).stdout;
    }
    assert.match(last, /"stock": 2/, "the last line of the page answers what it says");
    await end(sidecar);
    return lines.length;
  });
}

/** SIGTERM while calls run: every call is answered, or refused by us before anything happened. Answers how many of each. */
export async function drain(gate: Gate): Promise<{ readonly answered: number; readonly refused: number }> {
  return inFolder(async (directory) => {
    const sidecar = await serve(gate, directory);
    const counts = { answered: 0, refused: 0 };
    const product = { category: "c", name: "n", stock: 1 };
    const stored: string[] = [];
    let isOver = false;
    const lane = async (id: string): Promise<void> => {
      for (let i = 0; !isOver; i++) {
        const outcome = await sidecar.call("shop.v1.ProductRepository/Put", {
          entity: { id: `${id}-${i}`, ...product },
        });
        if (outcome.ok) {
          counts.answered += 1;
          stored.push(`${id}-${i}`);
        } else {
          const isNeverSent = outcome.code === 14 && outcome.message.startsWith("No connection established");
          assert.ok(outcome.reason === "DRAINING" || isNeverSent, `${outcome.code} ${outcome.message}`);
          counts.refused += 1;
          isOver = true;
        }
      }
    };
    const lanes = Array.from({ length: 16 }, (_, i) => lane(`lane-${i}`));
    while (counts.answered < 500 && !isOver) await new Promise((resolve) => setImmediate(resolve));
    const stopped = sidecar.stop();
    await Promise.all(lanes);
    assert.equal(await stopped, 0, "it ends by itself, and well");
    sidecar.client.close();
    const again = await serve(gate, directory);
    for (let at = 0; at < stored.length; at += 100) {
      const keys = stored.slice(at, at + 100).map((id) => ({ id }));
      const results = objects(await ask(again, "shop.v1.ProductRepository/BatchGet", { keys }), "results");
      assert.ok(results.every((result) => "entity" in result), "what was answered is there"); // prettier-ignore
    }
    await end(again);
    return counts;
  });
}

/** Of everything, with malformed calls among it, under the limit. */
export async function load(gate: Gate, seconds: number): Promise<Load> {
  return inFolder(async (shared) => {
    const descriptors = await compileEntities(shared);
    return mixedLoad(seconds, Math.max(seconds / 30, 1), {
      environment: { ...gate.image.environment, ...little },
      descriptors,
      command: (directory) => commandIn(gate.image, { ...gate, directory, shared }),
    });
  });
}

/** The entities of the tests as a descriptor set, because the image takes nothing else. */
async function compileEntities(directory: string): Promise<string> {
  const set = join(directory, "entities.binpb");
  for (const folder of ["proto/pannier", "proto/google", "test/entities/test"])
    await cp(join(root, folder), join(directory, folder.split("/").at(-1) ?? ""), { recursive: true });
  await run(join(root, "node_modules/.bin/buf"), ["build", directory, "--as-file-descriptor-set", "-o", set]);
  return set;
}

const running = new Set<Sidecar>();

async function serve(gate: Gate, directory: string): Promise<Sidecar> {
  const sidecar = await startSidecar({
    directory,
    environment: { ...gate.image.environment, ...little },
    descriptors: examples[gate.target],
    command: commandIn(gate.image, { ...gate, directory }),
  });
  running.add(sidecar);
  sidecar.process.once("exit", () => running.delete(sidecar));
  return sidecar;
}

async function end(sidecar: Sidecar): Promise<void> {
  sidecar.client.close();
  assert.equal(await sidecar.stop(), 0);
}

async function inFolder<Result>(work: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), "pannier-image-"));
  await mkdir(join(directory, "data"));
  try {
    return await work(directory);
  } finally {
    for (const sidecar of running) await sidecar.stop("SIGKILL"); // of work that failed
    await rm(directory, { recursive: true, force: true });
  }
}
