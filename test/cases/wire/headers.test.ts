// What the headers of a call alone decide: rows 11 to 17, and 19 to 21.
import { describe, expect } from "vitest";
import { entries, type LogEntry } from "../../integration/operations/serving.ts";
import type { Sidecar } from "../../integration/sidecar.ts";
import { CANARY } from "../fact.ts";
import { callHeaders, RawConnection } from "./connection.ts";
import { message, type Headers } from "./frames.ts";
import { seen, type Seen } from "./seen.ts";
import { PATIENT, servedOver, TRANSPORTS_AND_REFERENCE, wireFacts } from "./wire-fact.ts";

const health = "/grpc.health.v1.Health/Check";

/** One call after the other on one connection, each with the usual headers changed. */
async function each(
  { address }: Sidecar,
  changes: readonly { readonly [name: string]: string | undefined }[],
): Promise<readonly Seen[]> {
  return all(
    address,
    changes.map((changed) => callHeaders(health, changed)),
  );
}

async function all(address: string, calls: readonly Headers[]): Promise<readonly Seen[]> {
  const connection = await RawConnection.open(address);
  const ends: Seen[] = [];
  for (const headers of calls) ends.push(seen(await connection.request(headers, message(Buffer.alloc(0)))));
  connection.close();
  return ends;
}

const types = (...values: readonly string[]) => values.map((value) => ({ "content-type": value }));
const timeouts = (...values: readonly string[]) => values.map((value) => ({ "grpc-timeout": value }));

/** One connection's calls, by their request ids; resolves when the log has told of the last. */
async function told(sidecar: Sidecar, calls: { readonly [requestId: string]: object }): Promise<readonly Seen[]> {
  const ends = await each(
    sidecar,
    Object.entries(calls).map(([requestId, changed]) => ({ "x-request-id": requestId, ...changed })),
  );
  const last = Object.keys(calls).at(-1);
  const isLast = (entry: LogEntry): boolean => entry.msg === "call" && entry["requestId"] === last;
  await expect.poll(() => entries(sidecar).some(isLast)).toBe(true);
  return ends;
}

describe.each(TRANSPORTS_AND_REFERENCE)("over %s, and the log", (transport) => {
  const fact = wireFacts(servedOver(transport, PATIENT, { environment: { PANNIER_LOG_LEVEL: "debug" } }));

  fact(14, "no te", async (sidecar) => {
    const none = { te: undefined };
    const ends = [
      ...(await told(sidecar, { a1: {}, a2: {} })),
      ...(await told(sidecar, { b1: {}, b2: none, b3: none, b4: {} })),
      ...(await told(sidecar, { c1: none, c2: none })),
    ];
    const lines = entries(sidecar).filter(({ msg }) => String(msg).includes("te: trailers"));
    expect(lines.map(({ level, requestId }) => [level, requestId])).toEqual([
      ["debug", "b2"],
      ["debug", "c1"],
    ]);
    return ends;
  });
});

describe.each(TRANSPORTS_AND_REFERENCE)("over %s", (transport) => {
  const fact = wireFacts(servedOver(transport, PATIENT));

  fact(11, "other methods", (sidecar) =>
    each(
      sidecar,
      ["GET", "OPTIONS", "PUT", "DELETE", "HEAD"].map((method) => ({ ":method": method })),
    ),
  );
  fact(12, "other content types", (sidecar) =>
    each(sidecar, [{ "content-type": undefined }, ...types("application/json", "text/plain", "")]),
  );
  fact(13, "content types that look like gRPC", (sidecar) =>
    each(
      sidecar,
      types("application/grpcfoo", "application/grpc-web", "application/grpc-web+proto", "application/grpc+json"),
    ),
  );
  fact(15, "a path without a slash", (sidecar) => each(sidecar, [{ ":path": "grpc.health.v1.Health" }]));
  fact(15, "a path with a query", (sidecar) => each(sidecar, [{ ":path": `${health}?x=1` }]));
  fact(15, "a path of 8 KB", (sidecar) => each(sidecar, [{ ":path": `/${CANARY}${"x".repeat(8_192)}` }]));

  const long = (count: number): Headers => Array.from({ length: count }, (_, i) => [`x-long-${i}`, "x".repeat(8_000)]);
  fact(16, "too many bytes of metadata", ({ address }) =>
    all(
      address,
      [2, 8, 15].map((count) => callHeaders(health, {}, long(count))),
    ),
  );
  fact(16, "a value of 20 to 60 KB", (sidecar) =>
    each(
      sidecar,
      [8_192, 20_000, 60_000].map((bytes) => ({ "x-long": "x".repeat(bytes) })),
    ),
  );
  fact(16, "a value of 100 KB", (sidecar) => each(sidecar, [{ "x-long": "x".repeat(100_000) }]));
  const pairs = (count: number): Headers => Array.from({ length: count }, (_, i) => [`x-${i}`, "v"]);
  fact(16, "too many pairs of metadata", ({ address }) =>
    all(
      address,
      [65, 70].map((count) => callHeaders(health, {}, pairs(count))),
    ),
  );
  fact(16, "1,000 pairs of metadata", async (sidecar) => {
    const metadata = Object.fromEntries(pairs(1_000));
    expect(await sidecar.call("grpc.health.v1.Health/Check", {}, { metadata })).toMatchObject({ ok: false, code: 8 }); // what a client makes of it
    return all(sidecar.address, [callHeaders(health, {}, pairs(1_000))]);
  });
  fact(17, "broken base64", (sidecar) =>
    each(
      sidecar,
      ["%%%", "a", "abcde", "ab=cd", "YQ==,*"].map((value) => ({ "x-bin": value })),
    ),
  );

  fact(19, "timeouts that are none", (sidecar) =>
    each(sidecar, timeouts("-1S", "abc5S", "5 S", "123456789S", "5X", "", "S", "5", "5s", "1.5S", "0x5S")),
  );
  fact(19, "a timeout twice", ({ address }) =>
    all(address, [callHeaders(health, { "grpc-timeout": "5S" }, [["grpc-timeout", "5S"]])]),
  );
  fact(20, "timeouts that are over", (sidecar) => each(sidecar, timeouts("0S", "0n", "1n", "999999n")));
  fact(21, "timeouts beyond a timer", (sidecar) => each(sidecar, timeouts("597H", "2592000S", "99999999H")));
});
