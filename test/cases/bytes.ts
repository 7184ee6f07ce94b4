// Protobuf by hand, for bytes that no library writes.

export const varint = (value: bigint | number): Buffer => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
};

export const tag = (field: number, wireType: number): Buffer => varint(field * 8 + wireType);

/** A field that is a varint. */
export const number = (field: number, value: bigint | number): Buffer => Buffer.concat([tag(field, 0), varint(value)]);

/** A field with a length: text, bytes, or a message made of parts. */
export const text = (field: number, ...parts: readonly (string | Uint8Array)[]): Buffer => {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([tag(field, 2), varint(content.length), content]);
};

export const double = (field: number, value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([tag(field, 1), bytes]);
};

/** `field` inside itself `levels` times, around `core`; made from the inside without copying it each time. */
export const nested = (field: number, levels: number, core: Uint8Array = Buffer.alloc(0)): Buffer => {
  const parts: Buffer[] = [Buffer.from(core)];
  let length = core.length;
  for (let level = 0; level < levels; level++) {
    const head = Buffer.concat([tag(field, 2), varint(length)]);
    parts.push(head);
    length += head.length;
  }
  return Buffer.concat(parts.toReversed());
};

/** The same bytes again and again. */
export const times = (count: number, bytes: Uint8Array): Buffer => Buffer.alloc(count * bytes.length, bytes);
