/** The numbers of HTTP/2 (RFC 9113, sections 3.4, 6, 6.5.1 and 7), and the error that ends a connection. */

/** What a client sends first. */
export const PREFACE: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Bytes before the payload of each frame. */
export const FRAME_HEADER = 9;

/** Largest payload that every peer takes, and the largest that we take. */
export const DEFAULT_FRAME_SIZE = 16_384;

/** Window of a connection at its beginning, and of a stream before SETTINGS say otherwise. */
export const DEFAULT_WINDOW = 65_535;

/** Largest window, and largest stream. */
export const LARGEST = 0x7fff_ffff;

export const FRAME_TYPE = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** ACK shares its bit with END_STREAM: they belong to different frames. */
export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

export const SETTING = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

export const ERROR_CODE = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  connect: 10,
  enhanceYourCalm: 11,
  inadequateSecurity: 12,
  http11Required: 13,
} as const;

/** What ends the whole connection (RFC 9113, 5.4.1). Thrown and caught inside this folder. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly code: number;

  /** `message` travels as the debug data of GOAWAY: it must be ASCII and hold nothing of what was received. */
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export function protocolError(what: string): ConnectionError {
  return new ConnectionError(ERROR_CODE.protocol, what);
}

export function wrongSize(frame: string): ConnectionError {
  return new ConnectionError(ERROR_CODE.frameSize, `${frame} has a wrong size`);
}

export function abusive(what: string): ConnectionError {
  return new ConnectionError(ERROR_CODE.enhanceYourCalm, what);
}
