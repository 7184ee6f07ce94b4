// HPACK beside that of Go's x/net on random fields, limits and tables: what one side encodes, the other reads. `node test/fuzz/hpack.ts [blocks] [seed]`.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { argv } from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { STATIC_TABLE } from "../../src/http2/fields.ts";
import { HpackDecoder } from "../../src/http2/hpack-decoder.ts";
import { HpackEncoder, type Pair } from "../../src/http2/hpack-encoder.ts";
import { cached } from "../servers/cached.ts";
import { buildGo } from "../servers/go-tool.ts";
import { randomOf, type Random } from "./random.ts";

export interface Compared {
  /** In each direction. */
  readonly blocks: number;
  readonly fields: number;
  /** What one side read otherwise than the other had said. */
  readonly differences: readonly string[];
}

const folder = fileURLToPath(new URL("./hpack", import.meta.url));
/** Blocks after which both sides begin anew. */
const perConnection = 50;

export async function compareHpack(blocks: number, seed: number): Promise<Compared> {
  const random = randomOf(seed);
  const go = await startGo();
  const differences: string[] = [];
  let fields = 0;
  try {
    for (let sent = 0; sent < blocks;) {
      await go.ask("new");
      const connection = { encoder: new HpackEncoder(), decoder: new HpackDecoder({ size: 1_000_000, count: 1_000 }) };
      const pool = Array.from({ length: 40 }, () => anyPair(random));
      const lists = Array.from({ length: 4 }, () => someOf(pool, random)); // known by their identity to our encoder
      for (let i = 0; i < perConnection && sent < blocks; i++, sent++) {
        const list = random.below(2) === 0 ? random.one(lists) : someOf(pool, random);
        const more = someOf(pool, random).slice(0, random.below(3));
        if (random.below(8) === 0) connection.encoder.limitTable(random.below(5_000));
        const wanted = packed([...list, ...more]);
        fields += 2 * (list.length + more.length);
        const target = Buffer.alloc(HpackEncoder.most(list, more) + 20);
        const end = connection.encoder.encode(list, more, target, 0);
        const read = await go.ask(`decode ${target.toString("base64", 0, end)}`);
        if (read !== wanted) differences.push(`block ${sent}: ours read by Go: ${read}, not ${wanted}`);
        const limit = random.below(3) === 0 ? random.below(4_097) : 4_096;
        const block = Buffer.from(await go.ask(`encode ${limit} ${wanted}`), "base64");
        const own = connection.decoder.decode(block, 0, block.length).fields;
        const told = packed(own.map(({ name, value }) => [name, value]));
        if (told !== wanted) differences.push(`block ${sent}: Go's read by us: ${told}, not ${wanted}`);
      }
    }
  } finally {
    go.end();
  }
  return { blocks, fields, differences };
}

/** From the static table, or new; short, long, and with every byte that a value may have. */
function anyPair(random: Random): Pair {
  const { name, value } = random.one(STATIC_TABLE);
  if (random.below(4) === 0) return [name, value];
  const ownName = random.below(2) === 0 ? name : `x-${random.bytes(1 + random.below(20)).toString("hex")}`;
  const length = random.below(10) === 0 ? random.below(5_000) : random.below(120);
  const bytes = random.below(4) === 0 ? random.bytes(length) : Buffer.from(random.bytes(length).toString("base64"));
  return [ownName, bytes.toString("latin1")];
}

function someOf(pool: readonly Pair[], random: Random): readonly Pair[] {
  return Array.from({ length: 1 + random.below(12) }, () => random.one(pool));
}

function packed(pairs: readonly Pair[]): string {
  return pairs.flatMap((pair) => pair.map((text) => Buffer.from(text, "latin1").toString("base64"))).join();
}

/** The program of `hpack/`, built once for its sources. */
async function startGo(): Promise<{ ask(line: string): Promise<string>; end(): void }> {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum", "main.go"]) hash.update(await readFile(join(folder, file)));
  const file = await cached(`hpack-${hash.digest("hex").slice(0, 16)}`, "hpack", (target) =>
    buildGo(folder, join(target, "hpack")),
  );
  const child = spawn(file, { stdio: ["pipe", "pipe", "inherit"] });
  await once(child, "spawn");
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (line) => {
      child.stdin.write(`${line}\n`);
      const { value } = await answers.next();
      if (value === undefined) throw new Error("the program in Go has ended");
      return value;
    },
    end: () => void child.kill("SIGKILL"),
  };
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { blocks, fields, differences } = await compareHpack(Number(argv[2] ?? 20_000), Number(argv[3] ?? 1));
  for (const difference of differences.slice(0, 20)) console.log(difference);
  console.log(`HPACK beside Go's: ${blocks} blocks each way, ${fields} fields, ${differences.length} differences`);
  process.exitCode = differences.length === 0 ? 0 : 1;
}
