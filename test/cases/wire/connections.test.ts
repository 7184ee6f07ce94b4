// Connections that never become one, frames that HTTP/2 forbids, and some that it allows and few clients send: rows 1, 2, 9 and 10.
import { describe, expect, test } from "vitest";
import type { Sidecar } from "../../integration/sidecar.ts";
import { callHeaders, outcomeOf, RawConnection } from "./connection.ts";
import { dataFrames, FLAG, FRAME, frame, headerBlock, headerFrames, message, PREFACE, settings, word, type Headers } from "./frames.ts"; // prettier-ignore
import { seen, seenClosing, type Seen, type WireSeen } from "./seen.ts";
import { requireServing, servedOver, TRANSPORTS_AND_REFERENCE, wireFacts } from "./wire-fact.ts";

const health = "/grpc.health.v1.Health/Check";
const nothing = message(Buffer.alloc(0));
const block = headerBlock(callHeaders(health));
const upgrade =
  "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n\r\n";

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
  const place = servedOver(transport);
  const fact = wireFacts(place);

  fact(1, "a connection that says nothing", (sidecar) => unspoken(sidecar, Buffer.alloc(0)));
  fact(1, "half of the preface", (sidecar) => unspoken(sidecar, PREFACE.subarray(0, 12)));

  const clientHello = Buffer.from("16030100c8010000c40303", "hex");
  fact(2, "a TLS greeting", (sidecar) => unspoken(sidecar, Buffer.concat([clientHello, Buffer.alloc(200, 7)])));
  fact(2, "a request of HTTP/1.1", (sidecar) =>
    unspoken(sidecar, Buffer.from("GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n")),
  );
  fact(2, "an upgrade from HTTP/1.1", (sidecar) => unspoken(sidecar, Buffer.from(upgrade)));
  fact(2, "the preface, and then what is no frame", (sidecar) =>
    unspoken(sidecar, Buffer.concat([PREFACE, Buffer.alloc(200, 0xff)])),
  );

  fact(9, "one stream too many", async (sidecar) => {
    const connection = await RawConnection.open(sidecar.address);
    await connection.request(callHeaders(health), nothing); // its answer comes after the server's SETTINGS
    await connection.send(...Array.from({ length: 500 }, () => headerFrames(connection.newStream(), block, false)));
    const end = await connection.request(callHeaders(health), nothing);
    await requireServing(sidecar);
    connection.close();
    return seen(end);
  });

  fact(10, "broken HPACK", (sidecar) => forbidden(sidecar, headerFrames(1, Buffer.from([0x80]), true)));
  fact(10, "an even stream", (sidecar) => forbidden(sidecar, headerFrames(2, headerBlock(callHeaders(health)), true)));
  fact(10, "DATA on an idle stream", (sidecar) => forbidden(sidecar, dataFrames(7, nothing, true)));
  fact(10, "headers between those of another stream", (sidecar) =>
    forbidden(
      sidecar,
      Buffer.concat([
        frame(FRAME.headers, 0, 1, block.subarray(0, 20)),
        frame(FRAME.headers, FLAG.endHeaders, 3, block),
      ]),
    ),
  );
  fact(10, "a frame of more than 16 KiB", (sidecar) =>
    forbidden(sidecar, frame(FRAME.headers, FLAG.endHeaders, 1, Buffer.alloc(16_385))),
  );
  fact(10, "a header in capitals", (sidecar) => requested(sidecar, callHeaders(health, { "X-Loud": "1" })));
  fact(10, "a connection header", (sidecar) => requested(sidecar, callHeaders(health, { connection: "close" })));

  test("padding, priorities, trailers of a request, and settings and frames that nobody knows change nothing", async () => {
    const connection = await RawConnection.open(place.sidecar().address);
    const stream = connection.newStream();
    const end = connection.end(stream);
    const padded = 8;
    const prioritized = 32;
    const padding = Buffer.alloc(7);
    const dependence = Buffer.concat([word(0), Buffer.from([200])]);
    await connection.send(
      settings([[0x4d44, 7]]),
      frame(
        FRAME.headers,
        FLAG.endHeaders | padded | prioritized,
        stream,
        Buffer.concat([Buffer.from([padding.length]), dependence, block, padding]),
      ),
      frame(2, 0, stream, dependence),
      frame(0xfa, 0xff, stream, Buffer.from("unknown")),
      frame(FRAME.data, padded, stream, Buffer.concat([Buffer.from([padding.length]), nothing, padding])),
      headerFrames(stream, headerBlock([["x-checksum", "none"]]), true),
    );
    expect(outcomeOf(await end)).toMatchObject({ ok: true });
    connection.close();
  });
});
