// Two checkouts in turns, each with its own benchmark: what a call costs after and before.
//   node test/bench/turns.ts BEFORE AFTER [--turns=5] [--stages=repository,grpc] [--operations=Get,Create,List] [--ms=300] [--orders=10000] [--minutes=6]
import { execFile } from "node:child_process";
import { join } from "node:path";
import { argv, stdout } from "node:process";
import { parseArgs, promisify } from "node:util";

const { values, positionals } = parseArgs({
  args: argv.slice(2),
  allowPositionals: true,
  options: {
    turns: { type: "string", default: "5" },
    stages: { type: "string", default: "repository,grpc" },
    operations: { type: "string", default: "Get,Create,List" },
    ms: { type: "string", default: "300" },
    orders: { type: "string", default: "10000" },
    minutes: { type: "string", default: "6" },
  },
});
const [before, after] = positionals;
if (before === undefined || after === undefined) throw new TypeError("name two checkouts, the earlier one first");

/** What the benchmark says of a call, as far as older ones say it, too: a stage was a storey once. */
interface Cell {
  readonly stage?: string;
  readonly storey?: string;
  readonly operation: string;
  readonly flights: number;
  /** CPU µs of the serving process. */
  readonly server: number;
  /** Milliseconds. */
  readonly p50: number;
}

/** By place in the table, what each turn found. */
type Found = Map<string, Cell[]>;

const until = performance.now() + Number(values.minutes) * 60_000;
const found: { readonly [side in "before" | "after"]: Found } = { before: new Map(), after: new Map() };
let turns = 0;
let longest = 0;
// A turn more only where it will be whole. The side that begins changes.
while (turns < Number(values.turns) && performance.now() + longest * 1.1 < until) {
  const started = performance.now();
  for (const side of turns % 2 === 0 ? (["before", "after"] as const) : (["after", "before"] as const))
    await run(side === "before" ? before : after, found[side]);
  turns += 1;
  longest = Math.max(longest, performance.now() - started);
}
print();

async function run(checkout: string, into: Found): Promise<void> {
  const common = ["--quick", `--operations=${values.operations}`, `--ms=${values.ms}`, `--orders=${values.orders}`];
  const cells = await cellsOf(checkout, [...common, `--stages=${values.stages}`]).catch(() =>
    cellsOf(checkout, [...common, `--storeys=${values.stages}`]),
  );
  for (const cell of cells) {
    const place = `${(cell.stage ?? cell.storey ?? "").padEnd(11)} ${cell.operation.padEnd(9)} ${String(cell.flights).padStart(9)}`;
    into.set(place, [...(into.get(place) ?? []), cell]);
  }
}

async function cellsOf(checkout: string, flags: readonly string[]): Promise<readonly Cell[]> {
  const bin = join(checkout, "node_modules/.bin");
  const { stdout: text } = await promisify(execFile)(join(bin, "node"), ["test/bench/main.ts", "--json", ...flags], {
    cwd: checkout,
    maxBuffer: 64 * 1_048_576,
    env: { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}` },
  });
  return (JSON.parse(text) as { readonly cells: readonly Cell[] }).cells; // as the benchmark prints it
}

function print(): void {
  stdout.write(`${turns} turns; medians; CPU µs of the serving process, and milliseconds (p50) of a call\n`);
  stdout.write(
    "stage       operation in flight    before     after  after : before   before ms  after ms   of each turn\n",
  );
  for (const [place, old] of found.before) {
    const now = found.after.get(place) ?? [];
    const [a, b] = [middle(old.map(({ server }) => server)), middle(now.map(({ server }) => server))];
    const ratios = old.map(({ server }, i) => ((now[i]?.server ?? 0) / server).toFixed(2));
    const times = [middle(old.map(({ p50 }) => p50)), middle(now.map(({ p50 }) => p50))].map((ms) => ms.toFixed(3));
    stdout.write(
      `${place} ${a.toFixed(1).padStart(9)} ${b.toFixed(1).padStart(9)} ${(b / a).toFixed(2).padStart(15)} ${(times[0] ?? "").padStart(11)} ${(times[1] ?? "").padStart(9)}   ${ratios.join(" ")}\n`,
    );
  }
}

function middle(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
