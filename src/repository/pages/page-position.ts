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
  /** Of a scan that is cut into segments, each of which has come so far; `cursor` is then of none of them. */
  readonly segments?: readonly SegmentPosition[];
}

export interface SegmentPosition {
  /** Absent: from the beginning. */
  readonly cursor: Uint8Array | undefined;
  readonly done: boolean;
}

/** Flags (1), skip (4), page (4), index (8), length of path (2), path, then the cursor or, for each segment, flags (1), length (2), cursor. */
const HEAD_BYTES = 19;
const HAS_CURSOR = 1;
const DONE = 2;
const SEGMENTS = 4;
const SEGMENT_BYTES = 3;

export function encodePosition(position: PagePosition): Uint8Array {
  const path = Buffer.from(position.path);
  const head = Buffer.alloc(HEAD_BYTES);
  const { segments } = position;
  head[0] = flagsOf(position) | (segments ? SEGMENTS : 0);
  head.writeUInt32BE(position.skip, 1);
  head.writeUInt32BE(position.page, 5);
  head.writeBigUInt64BE(BigInt(position.index), 9);
  head.writeUInt16BE(path.length, 17);
  const rest = segments?.flatMap(segmentBytes) ?? [position.cursor ?? new Uint8Array()];
  return Buffer.concat([head, path, ...rest]);
}

function flagsOf({ cursor, done }: SegmentPosition): number {
  return (cursor ? HAS_CURSOR : 0) | (done ? DONE : 0);
}

function segmentBytes(segment: SegmentPosition): readonly Uint8Array[] {
  const { cursor = new Uint8Array() } = segment;
  const head = Buffer.alloc(SEGMENT_BYTES);
  head[0] = flagsOf(segment);
  head.writeUInt16BE(cursor.length, 1);
  return [head, cursor];
}

/** Undefined where the bytes end within one. */
function segmentsIn(bytes: Buffer): readonly SegmentPosition[] | undefined {
  const segments: SegmentPosition[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + SEGMENT_BYTES > bytes.length) return undefined;
    const flags = bytes.readUInt8(at);
    const begin = at + SEGMENT_BYTES;
    at = begin + bytes.readUInt16BE(at + 1);
    if (at > bytes.length) return undefined;
    const cursor = flags & HAS_CURSOR ? Uint8Array.from(bytes.subarray(begin, at)) : undefined;
    segments.push({ cursor, done: (flags & DONE) !== 0 });
  }
  return segments;
}

/** Undefined for bytes that `encodePosition` did not write. */
export function decodePosition(bytes: Uint8Array): PagePosition | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.length < HEAD_BYTES) return undefined;
  const flags = buffer.readUInt8(0);
  const cursorStart = HEAD_BYTES + buffer.readUInt16BE(17);
  if (buffer.length < cursorStart) return undefined;
  const segments = flags & SEGMENTS ? segmentsIn(buffer.subarray(cursorStart)) : [];
  if (!segments) return undefined;
  return {
    ...(segments.length > 0 && { segments }),
    path: buffer.toString("utf8", HEAD_BYTES, cursorStart),
    cursor: flags & HAS_CURSOR ? Uint8Array.from(buffer.subarray(cursorStart)) : undefined,
    skip: buffer.readUInt32BE(1),
    index: Number(buffer.readBigUInt64BE(9)),
    page: buffer.readUInt32BE(5),
    done: (flags & DONE) !== 0,
  };
}
