/** Nanoseconds for decoding and encoding an order of about 200 bytes, by the sidecar and by the client, beside protobuf-es in the same run: `node test/bench/codec.ts`. */

import { fromBinary, fromJson, toBinary, type JsonObject } from "@bufbuild/protobuf";
import { Order } from "../../clients/examples/typescript/gen/shop/v1/client.ts";
import { codecOf, readMessage } from "../../clients/typescript/codec/message-codec.ts";
import { Writer as ClientWriter } from "../../clients/typescript/codec/writer.ts";
import { compileCodec } from "../../src/schema/codec/compile.ts";
import { Reader } from "../../src/schema/codec/reader.ts";
import { Writer } from "../../src/schema/codec/writer.ts";
import { LIMITS, loadEntities } from "../unit/schema/codec/entity-under-test.ts";

const ROUNDS = 7;
const CALLS = 100_000;

const order = (await loadEntities()).get("shop.v1.Order");
if (!order) throw new Error("proto/ has no shop.v1.Order");
const { record } = compileCodec(order.model, LIMITS);

const bytes = Buffer.from(toBinary(order.desc, fromJson(order.desc, sample()))); // what transports hand over
const message = fromBinary(order.desc, bytes);
const decoded = record.decode(new Reader(bytes), bytes.length);
const writer = new Writer();
const client = codecOf(Order);
const row = readMessage(Order, bytes);
const clientWriter = new ClientWriter();

console.log(`${bytes.length} bytes, best of ${ROUNDS} rounds of ${CALLS}`);
measure("decode, pannier    ", () => record.decode(new Reader(bytes), bytes.length));
measure("decode, client     ", () => readMessage(Order, bytes));
measure("decode, protobuf-es", () => fromBinary(order.desc, bytes));
measure("encode, pannier    ", () => {
  record.encode(decoded, writer);
  return writer.finish();
});
measure("encode, client     ", () => {
  client.write(clientWriter, row);
  return clientWriter.finish();
});
measure("encode, protobuf-es", () => toBinary(order.desc, message));

function measure(name: string, call: () => unknown): void {
  let best = Infinity;
  let kept: unknown;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < CALLS; i++) kept = call();
    best = Math.min(best, performance.now() - start);
  }
  if (kept === undefined) throw new Error("nothing was done");
  console.log(`${name} ${Math.round((best / CALLS) * 1e6)} ns`);
}

function sample(): JsonObject {
  return {
    id: "0192f0c1-7a5e-7c3b-9d1e-4f6a8b2c0d1e",
    user_id: "0192f0c1-7a5e-7c3b-9d1e-000000000001",
    total_amount: "129.90",
    currency: "EUR",
    status: "paid",
    items: [
      { id: "1", product_id: "sku-100200", quantity: 2, price: "49.95", total: "99.90" },
      { id: "2", product_id: "sku-100300", quantity: 1, price: "30.00", total: "30.00" },
    ],
    created_at: "2026-11-20T10:11:12.123456Z",
    updated_at: "2026-11-20T10:12:13.654321Z",
    version: "3",
  };
}
