/** The receiving half of a connection: which frame may come now, and what those of the connection itself do. */

import type { ConnectionParts } from "./connection-parts.ts";
import { requireShape } from "./frame-shape.ts";
import { IncomingMessages } from "./incoming-messages.ts";
import { abusive, ConnectionError, ERROR_CODE, FLAG, FRAME_TYPE, LARGEST, protocolError, SETTING } from "./protocol.ts";
import { requireSetting } from "./settings.ts";

export class Receiver<Note, Owner> {
  readonly messages: IncomingMessages<Note, Owner>;
  readonly #parts: ConnectionParts<Note, Owner>;
  /** The peer's SETTINGS have come. */
  isSettled = false;
  /** Nothing is read any more. */
  isOver = false;

  constructor(parts: ConnectionParts<Note, Owner>) {
    this.#parts = parts;
    this.messages = new IncomingMessages(parts);
  }

  /** Called by the reader for each frame. @throws ConnectionError */
  frame(type: number, flags: number, stream: number, bytes: Buffer, start: number, end: number): void {
    if (this.isOver) return;
    const { messages } = this;
    if (messages.isBlockOpen && type !== FRAME_TYPE.continuation) throw protocolError("a header block is interrupted"); // 6.10
    if (!this.isSettled && type !== FRAME_TYPE.settings) throw protocolError("SETTINGS must come first"); // 3.4
    requireShape(type, flags, stream, end - start);
    switch (type) {
      case FRAME_TYPE.data:
        return messages.onData(flags, stream, bytes, start, end);
      case FRAME_TYPE.headers:
        return messages.onHeaders(flags, stream, bytes, start, end);
      case FRAME_TYPE.continuation:
        return messages.onContinuation(flags, stream, bytes, start, end);
      case FRAME_TYPE.priority:
        return this.#onPriority(stream, bytes, start, end);
      case FRAME_TYPE.reset:
        return this.#onReset(stream, bytes, start);
      case FRAME_TYPE.settings:
        return this.#onSettings(flags, bytes, start, end);
      case FRAME_TYPE.ping:
        return this.#onPing(flags, bytes, start, end);
      case FRAME_TYPE.goaway:
        return this.#onGoaway(bytes, start);
      case FRAME_TYPE.windowUpdate:
        return this.#onWindowUpdate(stream, bytes, start);
      default:
        this.#parts.floods.spendControl(); // an extension that we do not know is passed over (5.5)
    }
  }

  /** Priorities are not followed (5.3.2); a stream that depends on itself was an error in RFC 7540, and checkers still ask for it. */
  #onPriority(id: number, bytes: Buffer, start: number, end: number): void {
    const { floods, ends } = this.#parts;
    floods.spendControl();
    if (end - start !== 5) return ends.mistake(id, ERROR_CODE.frameSize);
    if ((bytes.readUInt32BE(start) & LARGEST) === id) ends.mistake(id, ERROR_CODE.protocol);
  }

  #onReset(id: number, bytes: Buffer, start: number): void {
    const { streams, floods, ends } = this.#parts;
    if (streams.isIdle(id)) throw protocolError("RST_STREAM on an idle stream");
    floods.spendReset();
    const stream = streams.get(id);
    if (stream) ends.close(stream, bytes.readUInt32BE(start));
  }

  #onSettings(flags: number, bytes: Buffer, start: number, end: number): void {
    if ((flags & FLAG.ack) !== 0) {
      if (!this.isSettled) throw protocolError("SETTINGS must come first");
      this.messages.isAcknowledged = true;
      return;
    }
    const { floods, sender } = this.#parts;
    if (this.isSettled) floods.spendControl();
    if (end - start > mostSettings * 6) throw abusive("too many settings in one frame");
    this.isSettled = true;
    for (let at = start; at < end; at += 6) this.#setting(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2));
    sender.frame(FRAME_TYPE.settings, FLAG.ack, 0, nothing);
    sender.resume();
  }

  #setting(setting: number, value: number): void {
    const { options, streams, sender } = this.#parts;
    requireSetting(setting, value, options.role);
    if (setting === SETTING.headerTableSize) sender.encoder.limitTable(value);
    else if (setting === SETTING.maxFrameSize) sender.limitFrames(value);
    else if (setting === SETTING.maxConcurrentStreams) streams.limit(value);
    else if (setting === SETTING.initialWindowSize) {
      const change = streams.setPeerWindow(value);
      for (const stream of streams.values())
        if (!sender.growStream(stream, change))
          throw new ConnectionError(ERROR_CODE.flowControl, "SETTINGS make a stream's window overflow"); // 6.9.2
    }
  }

  #onPing(flags: number, bytes: Buffer, start: number, end: number): void {
    const { options, floods, sender } = this.#parts;
    if ((flags & FLAG.ack) !== 0) return options.events.pong();
    floods.spendControl();
    sender.frame(FRAME_TYPE.ping, FLAG.ack, 0, bytes.subarray(start, end));
  }

  #onGoaway(bytes: Buffer, start: number): void {
    const { options, floods } = this.#parts;
    floods.spendControl();
    options.events.goaway(bytes.readUInt32BE(start) & LARGEST, bytes.readUInt32BE(start + 4));
  }

  #onWindowUpdate(id: number, bytes: Buffer, start: number): void {
    const { streams, ends, sender } = this.#parts;
    const increment = bytes.readUInt32BE(start) & LARGEST;
    if (id === 0) {
      if (increment === 0) throw protocolError("WINDOW_UPDATE by 0");
      return sender.growConnection(increment);
    }
    if (streams.isIdle(id)) throw protocolError("WINDOW_UPDATE on an idle stream");
    const stream = streams.get(id);
    if (increment === 0) return ends.mistake(id, ERROR_CODE.protocol); // 6.9
    if (!stream) return; // may come after the end (5.1)
    if (!sender.growStream(stream, increment)) return ends.mistake(id, ERROR_CODE.flowControl);
    sender.resume();
  }
}

/** In one frame; there are fewer than ten. One of them changes the windows of all streams, and a frame has room for 2,730 (CVE-2020-11080). */
const mostSettings = 32;
const nothing = new Uint8Array();
