// HTTP/2 frames by hand (RFC 9113, 4.1 and 6), for what no library sends, and headers in the plainest encoding (RFC 7541, 6.2.2).

export const FRAME = {
  data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7, windowUpdate: 8, continuation: 9,
} as const; // prettier-ignore

export const FLAG = { endStream: 1, ack: 1, endHeaders: 4 } as const;

export const SETTING = { headerTableSize: 1, maxConcurrentStreams: 3, initialWindowSize: 4 } as const;

/** Error codes of RFC 9113, 7. */
export const ERROR = {
  none: 0, protocol: 1, flowControl: 3, frameSize: 6, refusedStream: 7, cancel: 8, compression: 9, calm: 11,
} as const; // prettier-ignore

export const PREFACE: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export function settings(values: readonly (readonly [setting: number, value: number])[] = []): Buffer {
  const payload = Buffer.alloc(6 * values.length);
  for (const [i, [setting, value]] of values.entries()) {
    payload.writeUInt16BE(setting, 6 * i);
    payload.writeUInt32BE(value, 6 * i + 2);
  }
  return frame(FRAME.settings, 0, 0, payload);
}

export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export const reset = (stream: number, code: number = ERROR.cancel): Buffer => frame(FRAME.reset, 0, stream, word(code));

export const windowUpdate = (stream: number, increment: number): Buffer =>
  frame(FRAME.windowUpdate, 0, stream, word(increment));

/** Names and values in order; a name may stand twice. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** Every header as a literal that is not indexed, without Huffman. */
export function headerBlock(headers: Headers): Buffer {
  return Buffer.concat(headers.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}

/** A literal that enters the dynamic table, so that one byte names it from then on. */
export function indexedHeader(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0x40]), literal(name), literal(value)]);
}

/** Names the newest entry of the dynamic table. */
export const NEWEST_ENTRY: number = 0x80 | 62;

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  return Buffer.concat([prefixed(bytes.length), bytes]);
}

/** An integer with a prefix of seven bits (RFC 7541, 5.1). */
function prefixed(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  for (let rest = value - 127; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

const LARGEST_PAYLOAD = 16_384;

/** HEADERS, and CONTINUATION where the block is longer than one frame. */
export function headerFrames(stream: number, block: Buffer, end: boolean): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += LARGEST_PAYLOAD) {
    const last = at + LARGEST_PAYLOAD >= block.length ? FLAG.endHeaders : 0;
    const flags = last | (at === 0 && end ? FLAG.endStream : 0);
    const type = at === 0 ? FRAME.headers : FRAME.continuation;
    parts.push(frame(type, flags, stream, block.subarray(at, at + LARGEST_PAYLOAD)));
  }
  return Buffer.concat(parts);
}

/** DATA frames of the size that is always allowed. */
export function dataFrames(stream: number, bytes: Buffer, end: boolean): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += LARGEST_PAYLOAD) {
    const last = at + LARGEST_PAYLOAD >= bytes.length;
    parts.push(frame(FRAME.data, last && end ? FLAG.endStream : 0, stream, bytes.subarray(at, at + LARGEST_PAYLOAD)));
  }
  return Buffer.concat(parts);
}

/** A message of gRPC behind its prefix; flag and length may lie. */
export function message(body: Uint8Array, flag = 0, length: number = body.length): Buffer {
  return Buffer.concat([Buffer.from([flag]), word(length), body]);
}
