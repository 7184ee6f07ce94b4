// The bytes that the README of http2 shows are what it says of them.
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { PREFACE } from "../../../src/http2/protocol.ts";
import { settings } from "../../cases/wire/frames.ts";
import { peer } from "./peers.ts";

test("the call that the README writes out is read as it says", async () => {
  const text = await readFile(new URL("../../../src/http2/README.md", import.meta.url), "utf8");
  const [, shown = ""] = /```\n(00 00 2d [^`]*)```/.exec(text) ?? [];
  const columns = shown.split("\n").map((line) => line.slice(0, 72));
  const bytes = Buffer.from(columns.join("").replace(/\s/g, ""), "hex");
  const server = peer("server");
  server.connection.receive(Buffer.concat([PREFACE, settings(), bytes]));
  expect(server.told).toEqual([
    "1 head :method=POST :scheme=http :path=/shop.v1.OrderRepository/Get te=trailers",
    "1 end",
  ]);
  expect(Buffer.concat(server.received.get(1) ?? []).toString("latin1")).toBe("\0\0\0\0\x07\n\x05\n\x03abc");
});
