/** Where a page or frame ended, as what a token seals. */

export interface PagePosition {
  /** Names access path and order; another plan cannot read the cursor. */
  readonly path: string;
  /** Absent: from the beginning. */
  readonly cursor: Uint8Array | undefined;
  /** Rows that are still to be skipped. */
  readonly skip: number;
  /** Rows, and frames, that came before. */
  readonly index: number;
  readonly page: number;
  /** Nothing follows. */
  readonly done: boolean;
}

/** Flags (1), skip (4), page (4), index (8), length of path (2), path, cursor. */
const HEAD_BYTES = 19;
const HAS_CURSOR = 1;
const DONE = 2;

export function encodePosition(position: PagePosition): Uint8Array {
  const path = Buffer.from(position.path);
  const head = Buffer.alloc(HEAD_BYTES);
  head[0] = (position.cursor ? HAS_CURSOR : 0) | (position.done ? DONE : 0);
  head.writeUInt32BE(position.skip, 1);
  head.writeUInt32BE(position.page, 5);
  head.writeBigUInt64BE(BigInt(position.index), 9);
  head.writeUInt16BE(path.length, 17);
  return Buffer.concat([head, path, position.cursor ?? new Uint8Array()]);
}

/** Undefined for bytes that `encodePosition` did not write. */
export function decodePosition(bytes: Uint8Array): PagePosition | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.length < HEAD_BYTES) return undefined;
  const flags = buffer.readUInt8(0);
  const cursorStart = HEAD_BYTES + buffer.readUInt16BE(17);
  if (buffer.length < cursorStart) return undefined;
  return {
    path: buffer.toString("utf8", HEAD_BYTES, cursorStart),
    cursor: flags & HAS_CURSOR ? Uint8Array.from(buffer.subarray(cursorStart)) : undefined,
    skip: buffer.readUInt32BE(1),
    index: Number(buffer.readBigUInt64BE(9)),
    page: buffer.readUInt32BE(5),
    done: (flags & DONE) !== 0,
  };
}
