// Frames of messages, and what is announced as compressed: rows 22 to 24 and 27 to 31.
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Sidecar } from "../../integration/sidecar.ts";
import { text } from "../bytes.ts";
import { CANARY } from "../fact.ts";
import { callHeaders, outcomeOf, RawConnection } from "./connection.ts";
import { dataFrames, headerBlock, headerFrames, message } from "./frames.ts";
import { seen, type Seen } from "./seen.ts";
import { PATIENT, servedOver, TRANSPORTS, wireFacts } from "./wire-fact.ts";

const batch = "/test.v1.EverythingRepository/BatchWrite";
const create = "/test.v1.EverythingRepository/Create";
const LIMIT = 1_048_576;

// Numbers of fields that are written by hand.
const ENTITY = 1;
const ID = 1;
const BYTES_VALUE = 3;
const WRITES = 1;
const CREATE = 1;

/** A Create that would be done. */
const creation = text(ENTITY, text(ID, "wire"), text(BYTES_VALUE, CANARY));

/** A BatchWrite of exactly so many bytes, in two Creates, because a row may not be that large. */
function batchOf(bytes: number): Buffer {
  const half = creationOf("one", Math.floor(bytes / 2));
  const rest = bytes - half.length;
  const second = creationOf("two", rest);
  return Buffer.concat([half, creationOf("two", 2 * rest - second.length)]);
}

/** One write of about so many bytes; those of the lengths around the value come on top. */
function creationOf(id: string, bytes: number): Buffer {
  const value = Buffer.alloc(bytes - 40, "x");
  return text(WRITES, text(CREATE, text(ENTITY, text(ID, id), text(BYTES_VALUE, value))));
}

async function bodies(
  { address }: Sidecar,
  sent: readonly Buffer[],
  changed: { readonly [name: string]: string } = {},
  path: string = create,
): Promise<readonly Seen[]> {
  const connection = await RawConnection.open(address);
  const ends: Seen[] = [];
  for (const body of sent) ends.push(seen(await connection.request(callHeaders(path, changed), body)));
  connection.close();
  return ends;
}

/** Each body in frames of its own, sent together; the last of them ends it. */
async function inFrames({ address }: Sidecar, sent: readonly (readonly Buffer[])[]): Promise<readonly Seen[]> {
  const connection = await RawConnection.open(address);
  const ends: Seen[] = [];
  for (const frames of sent) {
    const stream = connection.newStream();
    const end = connection.end(stream);
    const data = frames.map((bytes, at) => dataFrames(stream, bytes, at === frames.length - 1));
    await connection.send(headerFrames(stream, headerBlock(callHeaders(create)), false), ...data);
    ends.push(seen(await end));
  }
  connection.close();
  return ends;
}

/** All at once on one connection. */
async function together({ address }: Sidecar, count: number, body: Buffer): Promise<readonly Seen[]> {
  const connection = await RawConnection.open(address);
  const headers = callHeaders(create, { "grpc-encoding": "gzip" });
  const ends = await Promise.all(Array.from({ length: count }, () => connection.request(headers, body)));
  connection.close();
  return ends.map(seen);
}

const megabytes = (count: number): Buffer => Buffer.alloc(count * LIMIT);

describe.each(TRANSPORTS)("over %s", (transport) => {
  const place = servedOver(transport, PATIENT);
  const fact = wireFacts(place);

  fact(22, "a length of 4 GiB", (sidecar) => bodies(sidecar, [message(creation, 0, 0xffff_ffff)]));
  fact(22, "one byte over the limit", (sidecar) =>
    bodies(sidecar, [message(batchOf(LIMIT + 1)), message(creation, 0, LIMIT + 1)], {}, batch),
  );
  fact(22, "exactly the limit", (sidecar) => bodies(sidecar, [message(batchOf(LIMIT))], {}, batch));

  fact(23, "no message", (sidecar) => bodies(sidecar, [Buffer.alloc(0)]));
  fact(23, "two messages", (sidecar) => bodies(sidecar, [Buffer.concat([message(creation), message(creation)])]));
  fact(23, "two messages in frames of their own", (sidecar) =>
    inFrames(sidecar, [
      [message(creation), message(creation), Buffer.alloc(0)],
      [message(creation), message(creation)],
    ]),
  );

  fact(24, "half a prefix", (sidecar) =>
    bodies(
      sidecar,
      [1, 4].map((bytes) => message(creation).subarray(0, bytes)),
    ),
  );
  fact(24, "half a message", (sidecar) =>
    bodies(sidecar, [message(creation).subarray(0, -1), message(creation).subarray(0, 5)]),
  );

  test("a message is the same, whether its end comes with it, behind it, or much later", async () => {
    const connection = await RawConnection.open(place.sidecar().address);
    const head = (stream: number): Buffer => headerFrames(stream, headerBlock(callHeaders(create)), false);
    const body = (id: string): Buffer => message(text(ENTITY, text(ID, `${transport} ${id}`), text(BYTES_VALUE, "x")));
    const end = (stream: number): Buffer => dataFrames(stream, Buffer.alloc(0), true);
    const [first, second, third] = [connection.newStream(), connection.newStream(), connection.newStream()];
    const ends = [connection.end(first), connection.end(second), connection.end(third)];
    await connection.send(head(first), dataFrames(first, body("first"), true));
    await connection.send(head(second), dataFrames(second, body("second"), false), end(second));
    await connection.send(head(third), dataFrames(third, body("third"), false));
    await connection.request(callHeaders(create), message(text(ENTITY, text(ID, `${transport} fourth`)))); // what came before it is read
    await connection.send(end(third));
    for (const each of await Promise.all(ends)) expect(outcomeOf(each)).toMatchObject({ ok: true });
    connection.close();
  });

  fact(27, "a compressed flag without an encoding", (sidecar) => bodies(sidecar, [message(creation, 1)]));
  fact(27, "reserved flags", (sidecar) => bodies(sidecar, [message(creation, 2), message(creation, 0x80)]));

  fact(28, "encodings that are not taken", async (sidecar) => {
    const ends = await Promise.all(
      ["gzip", "deflate", "snappy", "zstd", "nothing-known"].map((encoding) =>
        bodies(sidecar, [message(creation)], { "grpc-encoding": encoding }),
      ),
    );
    return ends.flat();
  });

  const whole = gzipSync(creation);
  const broken = [Buffer.from("no gzip"), whole.subarray(0, -6), Buffer.concat([whole, Buffer.from("more")])];
  fact(29, "broken gzip under its name", (sidecar) =>
    bodies(
      sidecar,
      broken.map((bytes) => message(bytes, 1)),
      { "grpc-encoding": "gzip" },
    ),
  );
  fact(29, "broken gzip without a name", (sidecar) =>
    bodies(
      sidecar,
      broken.map((bytes) => message(bytes, 1)),
    ),
  );

  fact(30, "gzip that unpacks to 256 MB", async (sidecar) => {
    const bomb = gzipSync(megabytes(256), { level: 9 });
    return bodies(sidecar, [message(bomb, 1)], { "grpc-encoding": "gzip" });
  });
  fact(30, "a hundred that unpack to 4 MB", {
    growth: 32,
    when: (sidecar) => together(sidecar, 100, message(gzipSync(megabytes(4)), 1)),
  });
  fact(31, "gzip bombs in one window", {
    growth: 8,
    when: async ({ address }) => {
      const connection = await RawConnection.open(address, { window: 0 });
      const block = headerBlock(callHeaders(create, { "grpc-encoding": "gzip" }));
      const body = message(gzipSync(megabytes(1)), 1);
      const streams = Array.from({ length: Math.floor(65_535 / body.length) }, () => connection.newStream());
      const ends = Promise.all(streams.map((stream) => connection.end(stream)));
      await connection.send(
        ...streams.flatMap((stream) => [headerFrames(stream, block, false), dataFrames(stream, body, true)]),
      );
      const seenEnds = (await ends).map(seen);
      connection.close();
      return seenEnds;
    },
  });
});
