/** The entity that is measured, its messages for protobuf-es, and orders as the fixtures make them. */

import { fromJson, toBinary, type JsonObject } from "@bufbuild/protobuf";
import { systemClock } from "../../src/model/clock.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import type { EntityRecord } from "../../src/model/value.ts";
import { normalise } from "../../src/model/record.ts";
import { createGenerators } from "../../src/repository/write/generate.ts";
import { createRandom } from "../../src/repository/write/random.ts";
import type { EntityCodec } from "../../src/schema/codec/codec.ts";
import { compileCodec } from "../../src/schema/codec/compile.ts";
import { Reader } from "../../src/schema/codec/reader.ts";
import { LIMITS, loadEntities } from "../unit/schema/codec/entity-under-test.ts";
import { shopRows } from "../fixtures/shop.ts";

export interface OrderEntity {
  readonly model: EntityModel;
  readonly codec: EntityCodec;
  /** A request of its repository, for example `encode("Get", { key: { id } })`. */
  encode(method: string, request: JsonObject): Buffer;
}

export async function orderEntity(): Promise<OrderEntity> {
  const found = (await loadEntities()).get("shop.v1.Order");
  if (!found) throw new Error("proto/ has no shop.v1.Order");
  const { model } = found;
  return {
    model,
    codec: compileCodec(model, LIMITS),
    encode: (method, request) => {
      const message = found.message(`Repository${method}Request`);
      return Buffer.from(toBinary(message, fromJson(message, request)));
    },
  };
}

/** Ids as the repository makes them. They ascend; random ones would be written into other pages of the key's tree. */
export function newOrderIds({ fields }: EntityModel): () => string {
  const ids = createGenerators({ clock: systemClock, random: createRandom(), node: 1 });
  const [key] = fields;
  if (!key) throw new Error("an order's key is its first field");
  return () => {
    const id = ids.next("uuid_v7", key.type);
    if (typeof id !== "string") throw new Error("an order's key is text");
    return id;
  };
}

export interface MadeOrders {
  readonly records: readonly EntityRecord[];
  /** Of one order on the wire, on average. */
  readonly bytes: number;
}

/** Live orders with the size of `proto/shop`'s real ones: about 200 bytes. The same for the same count. */
export async function makeOrders(count: number): Promise<MadeOrders> {
  const entities = await loadEntities();
  const found = entities.get("shop.v1.Order");
  if (!found) throw new Error("proto/ has no shop.v1.Order");
  const { record } = compileCodec(found.model, LIMITS);
  const rows = shopRows({ seed: 1, rows: 0, users: Math.ceil(count / 100), products: 1_000, orders: count });
  let bytes = 0;
  const records = rows["shop.v1.Order"].map((row) => {
    const live: JsonObject = JSON.parse(JSON.stringify({ ...row, deleted_at: undefined }));
    const encoded = toBinary(found.desc, fromJson(found.desc, live));
    bytes += encoded.length;
    return normalise(found.model.message, record.decode(new Reader(encoded), encoded.length));
  });
  return { records, bytes: bytes / count };
}
