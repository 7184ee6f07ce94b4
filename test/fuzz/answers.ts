// What a server said, read by nobody's library: for each stream how it ended, and what became of the connection.
import { HpackDecoder } from "../../src/http2/hpack-decoder.ts";

export interface StreamAnswer {
  /** Of HTTP. */
  status: string | undefined;
  /** Of gRPC, once it has come. */
  code: string | undefined;
  data: string;
  isEnded: boolean;
  reset: number | undefined;
}

export interface Answers {
  readonly streams: ReadonlyMap<number, StreamAnswer>;
  /** Code of GOAWAY. */
  readonly goaway: number | undefined;
}

/** @throws where the bytes are no frames, or their header blocks cannot be read */
export function answersIn(bytes: Buffer): Answers {
  const decoder = new HpackDecoder({ size: 1_000_000, count: 1_000 });
  const streams = new Map<number, StreamAnswer>();
  let goaway: number | undefined;
  for (let at = 0; at + 9 <= bytes.length;) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    if (end > bytes.length) break; // cut off
    const [type = 0, flags = 0] = bytes.subarray(at + 3, at + 5);
    const stream = bytes.readUInt32BE(at + 5);
    const answer = (): StreamAnswer => {
      const found = streams.get(stream) ?? { status: undefined, code: undefined, data: "", isEnded: false, reset: undefined }; // prettier-ignore
      streams.set(stream, found);
      return found;
    };
    if (type > 9) throw new Error(`a frame of type ${type} was sent`);
    if (type === 0) answer().data += bytes.toString("latin1", at + 9, end);
    else if (type === 1) {
      for (const { name, value } of decoder.decode(bytes, at + 9, end).fields) {
        if (name === ":status") answer().status = value;
        if (name === "grpc-status") answer().code = value;
      }
    } else if (type === 3) answer().reset = bytes.readUInt32BE(at + 9);
    else if (type === 7) goaway = bytes.readUInt32BE(at + 13);
    if (type <= 1 && (flags & 1) !== 0) answer().isEnded = true;
    at = end;
  }
  return { streams, goaway };
}
