/** Looks for the request that takes longest, by time: every field repeated, then random ones, then what is much like the slowest. */

import { encode, mutated, randomGenome, repeatedFields, takingTurns, type Genome } from "./genome.ts";
import type { Random } from "./random.ts";
import type { Subject } from "./subjects.ts";

export interface Found {
  readonly genome: Genome;
  /** While the search goes on, the least of a few runs; of what is answered, of CPU time. */
  readonly milliseconds: number;
  readonly bytes: number;
}

const KEPT = 6;
/** Milliseconds beyond which a request is slow without a second look. */
const PLAIN = 200;

/** @param tries how many requests are made */
export function slowest(subject: Subject, random: Random, tries: number): Found {
  const first = [...repeatedFields(subject.root, random), ...takingTurns(subject.root, random)];
  let best: Found[] = first.map((genome) => measured(subject, genome));
  for (let i = 0; i < tries; i++) {
    const parent = i < tries / 3 || best.length === 0 ? undefined : random.of(best).genome;
    const genome = parent ? mutated(parent, subject.root, random) : randomGenome(subject.root, random);
    best = [...best, measured(subject, genome)].sort((a, b) => b.milliseconds - a.milliseconds).slice(0, KEPT);
  }
  const again = best.map(({ genome, milliseconds }) => measuredAgain(subject, genome, milliseconds > PLAIN ? 1 : 10));
  const [found] = again.sort((a, b) => b.milliseconds - a.milliseconds);
  if (!found) throw new RangeError("nothing was tried");
  return found;
}

function measured(subject: Subject, genome: Genome, runs = 2): Found {
  const bytes = encode(genome);
  return { genome, milliseconds: costOf(() => subject.take(bytes), runs), bytes: bytes.length };
}

function measuredAgain(subject: Subject, genome: Genome, runs: number): Found {
  const bytes = encode(genome);
  return { genome, milliseconds: cpuCostOf(() => subject.take(bytes), runs), bytes: bytes.length };
}

/** Milliseconds; the least of a few runs, so that what else runs on the machine counts little. */
export function costOf(action: () => void, runs: number): number {
  let least = Infinity;
  for (let run = 0; run < runs; run++) {
    const before = performance.now();
    action();
    least = Math.min(least, performance.now() - before);
    if (least > PLAIN) break;
  }
  return least;
}

/** Milliseconds of CPU time, on the average of many runs because it is told in ticks of 4; for machines that are busy. */
export function cpuCostOf(action: () => void, runs: number): number {
  const before = process.threadCpuUsage();
  for (let run = 0; run < runs; run++) action();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000 / runs;
}
