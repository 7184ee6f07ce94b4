/** SETTINGS (RFC 9113, 6.5): what we say, and what the peer's mean. */

import type { Role } from "./message-head.ts";
import { ConnectionError, DEFAULT_FRAME_SIZE, ERROR_CODE, LARGEST, SETTING } from "./protocol.ts";

/** What we announce to the peer; what is absent stays at its default. */
export interface OwnSettings {
  /** Streams that it may have open at once. */
  readonly maxConcurrentStreams?: number;
  /** Bytes it may send on each stream unasked. */
  readonly initialWindowSize: number;
  /** Of unpacked header fields; it is advice. */
  readonly maxHeaderListSize?: number;
}

/** The payload of the frame. */
export function settingsPayload(own: OwnSettings, role: Role): Buffer {
  const pairs: [setting: number, value: number][] = [[SETTING.initialWindowSize, own.initialWindowSize]];
  if (role === "client") pairs.push([SETTING.enablePush, 0]);
  if (own.maxConcurrentStreams !== undefined) pairs.push([SETTING.maxConcurrentStreams, own.maxConcurrentStreams]);
  if (own.maxHeaderListSize !== undefined) pairs.push([SETTING.maxHeaderListSize, own.maxHeaderListSize]);
  const payload = Buffer.alloc(6 * pairs.length);
  for (const [i, [setting, value]] of pairs.entries()) {
    payload.writeUInt16BE(setting, 6 * i);
    payload.writeUInt32BE(value, 6 * i + 2);
  }
  return payload;
}

/** @throws ConnectionError for a value that its setting cannot have; what is unknown is passed over */
export function requireSetting(setting: number, value: number, receiver: Role): void {
  if (setting === SETTING.enablePush && (value > 1 || (receiver === "client" && value !== 0)))
    throw new ConnectionError(ERROR_CODE.protocol, "SETTINGS_ENABLE_PUSH has no such value");
  if (setting === SETTING.initialWindowSize && value > LARGEST)
    throw new ConnectionError(ERROR_CODE.flowControl, "SETTINGS_INITIAL_WINDOW_SIZE is too large");
  if (setting === SETTING.maxFrameSize && (value < DEFAULT_FRAME_SIZE || value > 0xff_ffff))
    throw new ConnectionError(ERROR_CODE.protocol, "SETTINGS_MAX_FRAME_SIZE has no such value");
}
