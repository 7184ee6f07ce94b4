/** What may be said of a frame without knowing the connection: on which stream it is, and how long (RFC 9113, section 6). */

import { FLAG, FRAME_TYPE, protocolError, wrongSize } from "./protocol.ts";

/** Called for each frame; those of unknown types may be as they like (5.5). @throws ConnectionError */
export function requireShape(type: number, flags: number, stream: number, length: number): void {
  switch (type) {
    case FRAME_TYPE.data:
      if (stream === 0) throw protocolError("DATA on stream 0");
      return;
    case FRAME_TYPE.headers:
      if (stream === 0) throw protocolError("HEADERS on stream 0");
      return;
    case FRAME_TYPE.priority: // a wrong size is its stream's trouble alone (6.3)
      if (stream === 0) throw protocolError("PRIORITY on stream 0");
      return;
    case FRAME_TYPE.reset:
      if (stream === 0) throw protocolError("RST_STREAM on stream 0");
      if (length !== 4) throw wrongSize("RST_STREAM");
      return;
    case FRAME_TYPE.settings:
      if (stream !== 0) throw protocolError("SETTINGS on a stream");
      if ((flags & FLAG.ack) === 0 ? length % 6 !== 0 : length > 0) throw wrongSize("SETTINGS");
      return;
    case FRAME_TYPE.pushPromise:
      throw protocolError("PUSH_PROMISE is not allowed"); // 8.4
    case FRAME_TYPE.ping:
      if (stream !== 0) throw protocolError("PING on a stream");
      if (length !== 8) throw wrongSize("PING");
      return;
    case FRAME_TYPE.goaway:
      if (stream !== 0) throw protocolError("GOAWAY on a stream");
      if (length < 8) throw wrongSize("GOAWAY");
      return;
    case FRAME_TYPE.windowUpdate:
      if (length !== 4) throw wrongSize("WINDOW_UPDATE");
  }
}
