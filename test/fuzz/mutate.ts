// Sessions of clients, changed: as an attacker would, who begins with what works.
import { frame, settings, windowUpdate, reset, word } from "../cases/wire/frames.ts";
import type { Random } from "./random.ts";

/** Frames that are sound but for a few changes; answers new buffers. */
export function mutated(frames: readonly Buffer[], random: Random, others: readonly Buffer[]): readonly Buffer[] {
  let changed: Buffer[] = frames.map((one) => Buffer.from(one));
  for (let left = 1 + random.below(4); left > 0; left--) changed = random.one(mutations)(changed, random, others);
  return changed;
}

type Mutation = (frames: Buffer[], random: Random, others: readonly Buffer[]) => Buffer[];

const mutations: readonly Mutation[] = [
  // A byte of anything; in a head that is its length, type, flags or stream.
  (frames, random) => withOne(frames, random, (one) => {
    one[random.below(one.length)] = random.below(256);
    return one;
  }),
  (frames, random) => withOne(frames, random, (one) => {
    const at = random.below(one.length);
    one[at] = (one[at] ?? 0) ^ (1 << random.below(8));
    return one;
  }),
  (frames, random) => withOne(frames, random, (one) => {
    one[4] = random.below(256);
    return one;
  }),
  (frames, random) => withOne(frames, random, (one) => {
    one[3] = random.below(12);
    return one;
  }),
  (frames, random) => withOne(frames, random, (one) => {
    one.writeUInt32BE(random.below(3) === 0 ? 0 : 1 + random.below(30), 5);
    return one;
  }),
  // A payload that is cut, or longer, with a head that says so.
  (frames, random) => withOne(frames, random, (one) => sized(one.subarray(0, 9 + random.below(one.length - 8)))),
  (frames, random) => withOne(frames, random, (one) => sized(Buffer.concat([one, random.bytes(random.below(40))]))),
  (frames, random) => frames.toSpliced(random.below(frames.length), 1 + random.below(2)),
  (frames, random) =>
    frames.length === 0 ? frames : frames.toSpliced(random.below(frames.length), 0, Buffer.from(random.one(frames))),
  (frames, random) => {
    const [from, to] = [random.below(frames.length), random.below(frames.length)];
    const moved = frames[from];
    return moved ? frames.toSpliced(from, 1).toSpliced(to, 0, moved) : frames;
  },
  (frames, random, others) => frames.toSpliced(random.below(frames.length), 0, Buffer.from(random.one(others))),
  (frames, random) => frames.toSpliced(random.below(frames.length), 0, random.one(intruders)(random)),
  // HEADERS or DATA in two frames, of which the second goes on.
  (frames, random) => {
    const at = random.below(frames.length);
    const one = frames[at];
    if (!one || one.length < 11 || (one[3] !== 1 && one[3] !== 0)) return frames;
    const cut = 10 + random.below(one.length - 10);
    const flags = one[4] ?? 0;
    const stream = one.readUInt32BE(5);
    const halves =
      one[3] === 1
        ? [frame(1, flags & ~4, stream, one.subarray(9, cut)), frame(9, flags & 4, stream, one.subarray(cut))]
        : [frame(0, flags & ~1, stream, one.subarray(9, cut)), frame(0, flags, stream, one.subarray(cut))];
    return frames.toSpliced(at, 1, ...halves);
  },
  // Padding, sound.
  (frames, random) => withOne(frames, random, (one) => {
    if ((one[3] !== 0 && one[3] !== 1) || ((one[4] ?? 0) & 8) !== 0) return one;
    const padding = random.below(20);
    return frame(one[3], (one[4] ?? 0) | 8, one.readUInt32BE(5), Buffer.concat([Buffer.from([padding]), one.subarray(9), Buffer.alloc(padding)]));
  }),
]; // prettier-ignore

const intruders: readonly ((random: Random) => Buffer)[] = [
  (random) => windowUpdate(random.below(20), random.below(4) === 0 ? random.below(0x7fff_ffff) : random.below(100_000)),
  (random) => reset(1 + random.below(30), random.below(14)),
  (random) =>
    settings([[1 + random.below(6), random.below(4) === 0 ? random.below(0xffff_ffff) : random.below(70_000)]]),
  (random) => frame(6, random.below(2), 0, random.bytes(8)),
  (random) => frame(2, 0, 1 + random.below(30), Buffer.concat([word(random.below(30)), Buffer.from([16])])),
  (random) => frame(7, 0, 0, Buffer.concat([word(random.below(30)), word(random.below(14))])),
  (random) => frame(0, random.below(2), 1 + random.below(30), random.bytes(random.below(30))),
  (random) => frame(10 + random.below(240), random.below(256), random.below(30), random.bytes(random.below(30))),
  (random) => frame(random.below(10), random.below(256), random.below(30), random.bytes(random.below(60))),
];

function withOne(frames: Buffer[], random: Random, change: (one: Buffer) => Buffer): Buffer[] {
  const at = random.below(frames.length);
  const one = frames[at];
  return one ? frames.toSpliced(at, 1, change(one)) : frames;
}

/** With the length in its head. */
function sized(bytes: Buffer): Buffer {
  const whole = Buffer.from(bytes);
  whole.writeUIntBE(whole.length - 9, 0, 3);
  return whole;
}
