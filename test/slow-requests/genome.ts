/** What a request is made of while the search looks for the slow one: a path of fields down to one value, every step of it repeated. */

import { ScalarType, type DescField, type DescMessage } from "@bufbuild/protobuf";
import type { Random } from "./random.ts";

/** One field on the way down. `wrap` puts content that stands inside it into its bytes, without the field's own tag. */
export interface Step {
  readonly name: string;
  readonly number: number;
  readonly times: number;
  readonly wrap?: (content: Buffer) => Buffer;
  /** Follows each repeat: another member of its oneof, which then takes its place. */
  readonly rival?: Buffer | undefined;
}

export interface Leaf {
  readonly name: string;
  /** Tag and value. Counts up where values must differ. */
  bytes(count: number): Buffer;
  readonly counts: boolean;
  readonly times: number;
}

export interface Genome {
  readonly steps: readonly Step[];
  readonly leaf: Leaf;
  /** Most bytes of the request; the outermost step is repeated until they are used. */
  readonly size: number;
  /** Stands before it, in half of the bytes: what many small repeats may have to copy. */
  readonly head?: Genome | undefined;
}

/** A message that stands for the request, and messages that may be packed into its Any. */
export interface Root {
  readonly message: DescMessage;
  readonly packed: readonly DescMessage[];
}

export const SIZES: readonly number[] = [16_384, 65_536, 262_144, 1_048_576];
const TIMES = [1, 1, 1, 2, 10, 100, 1_000, 20_000, 1_000_000] as const;
const DEEPEST = 12;

export function randomGenome(root: Root, random: Random): Genome {
  const steps: Step[] = [];
  let message: DescMessage | undefined = root.message;
  for (;;) {
    const field: DescField = random.of(message.fields);
    const inner: DescMessage | undefined = steps.length < DEEPEST ? innerMessage(field, root, random) : undefined;
    if (!inner || random.chance(0.15))
      return { steps, leaf: randomLeaf(message, field, random), size: random.of(SIZES) };
    steps.push({ ...stepOf(field, inner, random), rival: rivalOf(message, field, random) });
    message = inner;
  }
}

/** For half of the members of oneofs. */
function rivalOf(message: DescMessage, field: DescField, random: Random): Buffer | undefined {
  const others = field.oneof?.fields.filter((other) => other !== field) ?? [];
  return others.length > 0 && random.chance(0.5) ? randomLeaf(message, random.of(others), random).bytes(0) : undefined;
}

/** Each oneof of the request by itself, its members in turn as often as they fit: what is put away for the next may cost what it held. */
export function takingTurns(root: Root, random: Random): readonly Genome[] {
  const found: Genome[] = [];
  const seen = new Set<DescMessage>();
  const visit = (message: DescMessage, steps: readonly Step[]): void => {
    if (seen.has(message)) return;
    seen.add(message);
    for (const oneof of message.oneofs) {
      const bytes = Buffer.concat(oneof.fields.map((field) => memberBytes(field)));
      const leaf = { name: oneof.name, counts: false, times: 1_000_000, bytes: () => bytes };
      if (oneof.fields.length > 1) found.push({ steps, leaf, size: 1_048_576 });
    }
    for (const field of message.fields) {
      const inner = innerMessage(field, root, random);
      if (inner) visit(inner, [...steps, { ...stepOf(field, inner, random), times: 1 }]);
    }
  };
  visit(root.message, []);
  return found;
}

function memberBytes(field: DescField): Buffer {
  const { message, number } = field;
  if (!message && field.scalar !== ScalarType.STRING && field.scalar !== ScalarType.BYTES)
    return numberBytes(number, field.enum ? ScalarType.INT32 : field.scalar, 1);
  const content = message ? lengthPrefixed(message.fields[0]?.number ?? 1, Buffer.alloc(0)) : Buffer.from("a text");
  return lengthPrefixed(number, content);
}

/** Each field of the request by itself, as often as it fits: what costs more the more came before shows here. */
export function repeatedFields({ message, packed }: Root, random: Random): readonly Genome[] {
  return message.fields.map((field) => {
    const inner = innerMessage(field, { message, packed }, random);
    const [first] = inner?.fields ?? [];
    const steps = inner && first ? [{ ...stepOf(field, inner, random), times: 1_000_000 }] : [];
    const number = first && inner ? first.number : field.number;
    const bytes = lengthPrefixed(number, Buffer.from("a text of forty bytes, or not much more."));
    const leaf = { name: "text", counts: false, times: 1, bytes: () => bytes };
    return { steps, leaf, size: 262_144 };
  });
}

/** Much like the given one. */
export function mutated(genome: Genome, root: Root, random: Random): Genome {
  const { steps, leaf } = genome;
  switch (random.below(6)) {
    case 0:
      return { ...genome, size: random.of(SIZES) };
    case 1:
      return { ...genome, leaf: { ...leaf, times: random.of(TIMES) } };
    case 2: {
      const at = random.below(Math.max(steps.length, 1));
      return { ...genome, steps: steps.map((step, i) => (i === at ? { ...step, times: random.of(TIMES) } : step)) };
    }
    case 3:
      return { ...genome, head: genome.head ? undefined : { ...randomGenome(root, random), size: 512 * 1024 } };
    case 4:
      return { ...genome, head: { ...genome, head: undefined, leaf: { ...leaf, times: 1_000_000 } } };
    default:
      return { ...randomGenome(root, random), head: genome.head };
  }
}

export function encode(genome: Genome): Buffer {
  const head = genome.head ? encode({ ...genome.head, size: genome.size / 2, head: undefined }) : Buffer.alloc(0);
  return Buffer.concat([head, filled(genome, genome.size - head.length)]);
}

export function describe({ steps, leaf, head }: Genome): string {
  const path = [
    ...steps.map(({ name, times, rival }) => `${name}×${times}${rival ? " in turn with another" : ""}`),
    `${leaf.name}×${leaf.times}`,
  ].join(" / ");
  return head ? `[${describe(head)}] then ${path}` : path;
}

/** Repeats the outermost of it while there is room. */
function filled({ steps, leaf }: Genome, room: number): Buffer {
  const counter = { value: 0 };
  const one = (): Buffer => content(steps, leaf, room, counter);
  const first = one();
  if (!leaf.counts || first.length * 2 > room) return repeat(first, Math.max(1, Math.floor(room / first.length)));
  const parts = [first];
  for (let used = first.length; used + first.length * 2 <= room; used += parts.at(-1)?.length ?? room)
    parts.push(one());
  return Buffer.concat(parts);
}

function content(steps: readonly Step[], leaf: Leaf, room: number, counter: { value: number }): Buffer {
  const [step, ...deeper] = steps;
  if (!step) return leaves(leaf, room, counter);
  const least = room - 16;
  const make = (): Buffer => {
    const inner = content(deeper, leaf, Math.max(16, Math.floor(least / Math.min(step.times, 64))), counter);
    const element = lengthPrefixed(step.number, step.wrap ? step.wrap(inner) : inner);
    return step.rival ? Buffer.concat([element, step.rival]) : element;
  };
  const first = make();
  const times = Math.max(1, Math.min(step.times, Math.floor(room / first.length)));
  if (!leaf.counts || times === 1) return repeat(first, times);
  return Buffer.concat([first, ...Array.from({ length: times - 1 }, make)]);
}

function leaves(leaf: Leaf, room: number, counter: { value: number }): Buffer {
  const first = leaf.bytes(counter.value++);
  const times = Math.max(1, Math.min(leaf.times, Math.floor(room / (first.length + 3))));
  if (!leaf.counts) return repeat(first, times);
  const rest = Array.from({ length: times - 1 }, () => leaf.bytes(counter.value++));
  return Buffer.concat([first, ...rest]);
}

function repeat(bytes: Buffer, times: number): Buffer {
  return bytes.length === 0 ? bytes : Buffer.alloc(bytes.length * times, bytes);
}

function stepOf(field: DescField, inner: DescMessage, random: Random): Step {
  const { name, number } = field;
  const times = random.of(TIMES);
  if (field.message?.typeName !== "google.protobuf.Any") return { name, number, times };
  const url = lengthPrefixed(1, Buffer.from(`type.googleapis.com/${inner.typeName}`));
  return {
    name: `${name}<${inner.name}>`,
    number,
    times,
    wrap: (value) => Buffer.concat([url, lengthPrefixed(2, value)]),
  };
}

function innerMessage(field: DescField, { packed }: Root, random: Random): DescMessage | undefined {
  const { message } = field;
  if (message?.typeName === "google.protobuf.Any" && packed.length > 0) return random.of(packed);
  return field.fieldKind === "map" ? undefined : message;
}

function randomLeaf(of: DescMessage, field: DescField, random: Random): Leaf {
  const { number } = field;
  const named = (name: string, bytes: (count: number) => Buffer, counts = false): Leaf => ({
    name: `${field.name} ${name}`,
    bytes,
    counts,
    times: random.of(TIMES),
  });
  const fixed = (name: string, bytes: Buffer): Leaf => named(name, () => bytes);
  const kind = random.below(24);
  if (kind === 0) return fixed("cut off", Buffer.from([...varint(number * 8 + 2), 120, 1, 2]));
  if (kind === 1) return fixed("unknown", Buffer.from([...varint(18_000 * 8), 1]));
  if (kind === 2) return fixed("as another type", Buffer.from([...varint(number * 8 + 5), 0, 0, 0, 0]));
  if (field.fieldKind === "map")
    return named("entry", (count) => lengthPrefixed(number, entry(field.mapKey, count)), true);
  if (field.message) return fixed("empty", lengthPrefixed(number, Buffer.alloc(0)));
  const scalar = field.enum ? ScalarType.INT32 : field.scalar;
  if (scalar === ScalarType.STRING || scalar === ScalarType.BYTES) return textLeaf(of, number, named, random);
  const packed = field.fieldKind === "list" && random.chance(0.6);
  if (packed) {
    const value = random.of([
      Buffer.from([1]),
      Buffer.alloc(8, 1),
      Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
    ]);
    const values = lengthPrefixed(number, repeat(value, Math.floor(random.of(SIZES) / 2 / value.length)));
    return fixed(`packed, ${value.length} bytes each`, values);
  }
  return named("number", (count) => numberBytes(number, scalar, count), true);
}

function textLeaf(
  of: DescMessage,
  number: number,
  named: (name: string, bytes: (count: number) => Buffer, counts?: boolean) => Leaf,
  random: Random,
): Leaf {
  const text = (name: string, content: string): Leaf => named(name, () => lengthPrefixed(number, Buffer.from(content)));
  return random.of<() => Leaf>([
    () => text("empty", ""),
    () => text("digits", "9".repeat(random.of([1, 15, 16, 38, 78, 1_000]))),
    () => text("zeros", `${"0".repeat(random.of([1_000, 100_000, 500_000]))}.${"0".repeat(1_000)}`),
    () => text("ASCII", "a".repeat(random.of([1, 8, 24, 1_000, 500_000]))),
    () => text("wide", "é😀".repeat(random.of([1, 4, 1_000, 80_000]))),
    () => text("replacement", "\ufffd".repeat(random.of([1, 3, 1_000, 200_000]))),
    () => text("a name", of.fields[0]?.name ?? ""),
    () => named("counted", (count) => lengthPrefixed(number, Buffer.from(String(count))), true),
  ])();
}

function entry(key: ScalarType, count: number): Buffer {
  const tag = key === ScalarType.STRING ? lengthPrefixed(1, Buffer.from(String(count))) : numberBytes(1, key, count);
  return tag;
}

function numberBytes(number: number, scalar: ScalarType | undefined, count: number): Buffer {
  const bytes = Buffer.alloc(8);
  if (scalar === ScalarType.DOUBLE || scalar === ScalarType.FIXED64 || scalar === ScalarType.SFIXED64) {
    bytes.writeDoubleLE(count);
    return Buffer.concat([Buffer.from(varint(number * 8 + 1)), bytes]);
  }
  if (scalar === ScalarType.FLOAT || scalar === ScalarType.FIXED32 || scalar === ScalarType.SFIXED32) {
    bytes.writeFloatLE(count);
    return Buffer.concat([Buffer.from(varint(number * 8 + 5)), bytes.subarray(0, 4)]);
  }
  return Buffer.from([...varint(number * 8), ...varint(count)]);
}

function lengthPrefixed(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return bytes;
}
