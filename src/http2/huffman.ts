/** The Huffman code of HPACK (RFC 7541, section 5.2 and appendix B), both ways. */

/**
 * Bits of each byte's code; the last is the end of string. The code is canonical: among codes of one length those of
 * smaller symbols come first, and shorter codes come before longer ones, so that the lengths are the whole table.
 */
const lengths: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
]; // prettier-ignore

const endOfString = 256;
const codes = canonicalCodes();

function canonicalCodes(): Uint32Array {
  const made = new Uint32Array(lengths.length);
  let code = 0;
  for (let length = 5; length <= 30; length++) {
    for (const [symbol, bits] of lengths.entries()) if (bits === length) made[symbol] = code++;
    code *= 2;
  }
  return made;
}

/** Bytes that `huffmanEncode` writes for the text, whose characters are bytes. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at++) bits += lengths[text.charCodeAt(at) & 0xff] ?? 0;
  return Math.ceil(bits / 8);
}

/** Writes the text, whose characters are bytes, and answers where it ends. `target` must have the room. */
export function huffmanEncode(text: string, target: Buffer, start: number): number {
  let at = start;
  let held = 0; // bits that do not fill a byte yet, fewer than 8
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i) & 0xff;
    let left = lengths[symbol] ?? 0;
    const code = codes[symbol] ?? 0;
    while (left > 0) {
      const taken = Math.min(8 - count, left);
      left -= taken;
      held = (held << taken) | ((code >>> left) & ((1 << taken) - 1));
      count += taken;
      if (count < 8) continue;
      target[at++] = held;
      held = 0;
      count = 0;
    }
  }
  if (count > 0) target[at++] = (held << (8 - count)) | (0xff >>> count); // padded with the beginning of the end of string
  return at;
}

/** Four bits lead from a node of the tree to the next; bits of an entry: next node, then what is met on the way. */
const emits = 1 << 16;
const fails = 1 << 17;
const symbolShift = 18;
const nodeMask = 0xffff;

interface Machine {
  /** By node * 16 + four bits. */
  readonly steps: Uint32Array;
  /** Whether the input may end in a node: at a symbol's end, or within fewer than eight bits of ones after it. */
  readonly ends: Uint8Array;
}

let machine: Machine | undefined;

/** A binary tree, then a step of four bits from each of its nodes. The shortest code has five bits, so a step meets one symbol at most. */
function build(): Machine {
  const children: [number, number][] = [[0, 0]]; // 0: none, negative: symbol (−1 − symbol)
  for (const [symbol, length] of lengths.entries()) {
    let node = 0;
    for (let bit = length - 1; bit >= 0; bit--) {
      const side = ((codes[symbol] ?? 0) >>> bit) & 1;
      const pair = children[node] ?? [0, 0];
      if (bit === 0) pair[side] = -1 - symbol;
      else if (pair[side] === 0) {
        pair[side] = children.length;
        children.push([0, 0]);
      }
      node = pair[side] ?? 0;
    }
  }
  const steps = new Uint32Array(children.length * 16);
  for (let node = 0; node < children.length; node++)
    for (let nibble = 0; nibble < 16; nibble++) steps[node * 16 + nibble] = step(children, node, nibble);
  const ends = new Uint8Array(children.length);
  for (let node = 0, depth = 0; depth < 8; depth++, node = children[node]?.[1] ?? 0) ends[node] = 1;
  return { steps, ends };
}

function step(children: readonly [number, number][], from: number, nibble: number): number {
  let node = from;
  let met = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const next = children[node]?.[(nibble >>> bit) & 1] ?? 0;
    if (next >= 0) {
      node = next;
      continue;
    }
    const symbol = -1 - next;
    if (symbol === endOfString) return fails;
    met = emits | (symbol << symbolShift);
    node = 0;
  }
  return met | node;
}

const room: Buffer = Buffer.allocUnsafeSlow(1_024);

/** The text whose characters are the bytes; undefined where the input is no such code. */
export function huffmanDecode(bytes: Buffer, start: number, end: number): string | undefined {
  const { steps, ends } = (machine ??= build());
  const most = Math.floor(((end - start) * 8) / 5); // the shortest code has five bits
  const target = most <= room.length ? room : Buffer.allocUnsafe(most);
  let length = 0;
  let node = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    const high = steps[node * 16 + (byte >>> 4)] ?? fails;
    if ((high & (emits | fails)) !== 0) {
      if ((high & fails) !== 0) return undefined;
      target[length++] = (high >>> symbolShift) & 0xff;
    }
    const low = steps[(high & nodeMask) * 16 + (byte & 15)] ?? fails;
    if ((low & (emits | fails)) !== 0) {
      if ((low & fails) !== 0) return undefined;
      target[length++] = (low >>> symbolShift) & 0xff;
    }
    node = low & nodeMask;
  }
  return ends[node] === 1 ? target.toString("latin1", 0, length) : undefined;
}
