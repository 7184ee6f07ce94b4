/** The requests of all five operations as bytes, made before anything is timed. */

import type { JsonObject } from "@bufbuild/protobuf";
import { Writer } from "../../src/schema/codec/writer.ts";
import type { OrderEntity } from "./order.ts";
import { PAGE, type Inputs, type OperationName } from "./stage.ts";

export type Requests = { readonly [name in OperationName]: readonly Buffer[] };

export function requestsOf(order: OrderEntity, inputs: Inputs): Requests {
  const make = (method: OperationName, requests: readonly JsonObject[]): Buffer[] =>
    requests.map((request) => order.encode(method, request));
  return {
    Get: make("Get", inputs.ids.map((id) => ({ key: { id } }))),
    BatchGet: make("BatchGet", inputs.batches.map((ids) => ({ keys: ids.map((id) => ({ id })) }))),
    List: make("List", inputs.users.map((user) => ({ where: { userId: { eq: user } }, pageSize: PAGE }))),
    Create: inputs.orders.map((record) => createRequest(order, record.with(0, ""))),
    Update: make("Update", inputs.ids.map((id) => ({ entity: { id, status: "shipped" } }))),
  };
} // prettier-ignore

function createRequest({ codec }: OrderEntity, record: Inputs["orders"][number]): Buffer {
  const writer = new Writer();
  writer.uint32((1 << 3) | 2); // entity, length-delimited
  const mark = writer.open();
  codec.record.encode(record, writer);
  writer.close(mark);
  return Buffer.from(writer.finish());
}
