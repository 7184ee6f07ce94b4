// Connections that never become one, and frames that HTTP/2 forbids: rows 1, 2, 9 and 10.
import { describe } from "vitest";
import type { Sidecar } from "../../integration/sidecar.ts";
import { callHeaders, RawConnection } from "./connection.ts";
import { dataFrames, FLAG, FRAME, frame, headerBlock, headerFrames, message, PREFACE, type Headers } from "./frames.ts";
import { seen, seenClosing, type Seen, type WireSeen } from "./seen.ts";
import { requireServing, servedOver, TRANSPORTS_AND_REFERENCE, wireFacts } from "./wire-fact.ts";

const health = "/grpc.health.v1.Health/Check";
const nothing = message(Buffer.alloc(0));

/** Sends bytes before a word of HTTP/2, and waits for the end. */
async function unspoken({ address }: Sidecar, bytes: Uint8Array): Promise<WireSeen> {
  const connection = await RawConnection.open(address, { speaks: false });
  await connection.send(bytes);
  return seenClosing(connection);
}

/** Sends bytes on a connection of HTTP/2, and waits for the end. */
async function forbidden({ address }: Sidecar, bytes: Uint8Array): Promise<WireSeen> {
  const connection = await RawConnection.open(address);
  await connection.send(bytes);
  return seenClosing(connection);
}

async function requested({ address }: Sidecar, headers: Headers): Promise<Seen> {
  const connection = await RawConnection.open(address);
  const end = await connection.request(headers, nothing);
  connection.close();
  return seen(end);
}

describe.each(TRANSPORTS_AND_REFERENCE)("over %s", (transport) => {
  const fact = wireFacts(servedOver(transport));

  fact(1, "a connection that says nothing", (sidecar) => unspoken(sidecar, Buffer.alloc(0)));
  fact(1, "half of the preface", (sidecar) => unspoken(sidecar, PREFACE.subarray(0, 12)));

  const clientHello = Buffer.from("16030100c8010000c40303", "hex");
  fact(2, "a TLS greeting", (sidecar) => unspoken(sidecar, Buffer.concat([clientHello, Buffer.alloc(200, 7)])));
  fact(2, "a request of HTTP/1.1", (sidecar) =>
    unspoken(sidecar, Buffer.from("GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n")),
  );

  fact(9, "one stream too many", async (sidecar) => {
    const connection = await RawConnection.open(sidecar.address);
    await connection.request(callHeaders(health), nothing); // its answer comes after the server's SETTINGS
    const block = headerBlock(callHeaders(health));
    await connection.send(...Array.from({ length: 500 }, () => headerFrames(connection.newStream(), block, false)));
    const end = await connection.request(callHeaders(health), nothing);
    await requireServing(sidecar);
    connection.close();
    return seen(end);
  });

  fact(10, "broken HPACK", (sidecar) => forbidden(sidecar, headerFrames(1, Buffer.from([0x80]), true)));
  fact(10, "an even stream", (sidecar) => forbidden(sidecar, headerFrames(2, headerBlock(callHeaders(health)), true)));
  fact(10, "DATA on an idle stream", (sidecar) => forbidden(sidecar, dataFrames(7, nothing, true)));
  fact(10, "a frame of more than 16 KiB", (sidecar) =>
    forbidden(sidecar, frame(FRAME.headers, FLAG.endHeaders, 1, Buffer.alloc(16_385))),
  );
  fact(10, "a header in capitals", (sidecar) => requested(sidecar, callHeaders(health, { "X-Loud": "1" })));
  fact(10, "a connection header", (sidecar) => requested(sidecar, callHeaders(health, { connection: "close" })));
});
