// What a block of response headers says: node's own client reads it, from a connection that is only ours.
import { connect, type IncomingHttpHeaders } from "node:http2";
import { Duplex } from "node:stream";
import { FLAG, FRAME, frame, PREFACE, settings } from "./frames.ts";

/** `:status: 200`, by its place in the static table. */
const STATUS_200 = Buffer.from([0x88]);

/** Of a block that needs no dynamic table. `kind` says where it stood: trailers carry no status. */
export async function decoded(block: Buffer, kind: "response" | "trailers"): Promise<IncomingHttpHeaders> {
  let sent = Buffer.alloc(0);
  const asks = Promise.withResolvers<void>();
  const write = (bytes: Buffer, _encoding: string, done: () => void): void => {
    sent = Buffer.concat([sent, bytes]);
    if (hasRequest(sent)) asks.resolve();
    done();
  };
  const server = new Duplex({ read: () => {}, write });
  const session = connect("http://decoder", { createConnection: () => server });
  session.on("error", () => {});
  const before = kind === "trailers" ? frame(FRAME.headers, FLAG.endHeaders, 1, STATUS_200) : Buffer.alloc(0);
  const asked = frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, block);
  try {
    return await new Promise((resolve, reject) => {
      const stream = session.request({ ":path": "/" });
      stream.on("error", reject);
      stream.on(kind, (headers: IncomingHttpHeaders) => resolve(headers));
      stream.on("close", () => reject(new Error("the headers cannot be decoded")));
      stream.resume();
      void asks.promise.then(() => server.push(Buffer.concat([settings(), before, asked])));
    });
  } finally {
    session.destroy();
  }
}

/** Whether HEADERS came after the preface: only then may they be answered. */
function hasRequest(sent: Buffer): boolean {
  for (let at = PREFACE.length; at + 9 <= sent.length; at += 9 + sent.readUIntBE(at, 3))
    if (sent[at + 3] === FRAME.headers) return true;
  return false;
}
