/** The services: bytes in, bytes out, with everything of a call but its transport. */

import { randomUUID } from "node:crypto";
import { incomingCall } from "../../fixtures/incoming-call.ts";
import { repositoryService } from "../../../src/service/repository-service.ts";
import { createRejecter } from "../../../src/service/status.ts";
import { createWire } from "../../../src/service/wire/create-wire.ts";
import { orderEntity } from "../order.ts";
import { requestsOf } from "../requests.ts";
import { expect, nth, OPERATIONS, type Once, type OpenStage, type OperationName } from "../stage.ts";
import { openRepository } from "./house.ts";

const call = incomingCall("bench");

export const openService: OpenStage = async (file, inputs) => {
  const order = await orderEntity();
  const { dispatcher, ...opened } = await openRepository(file, order.model);
  const methods = repositoryService({
    wire: createWire(order.codec),
    dispatcher,
    timeout: { fallback: 15_000, maximum: 60_000 },
    rejecter: createRejecter({ error: () => {} }, randomUUID),
  });
  const requests = requestsOf(order, inputs);
  const onceOf = (name: OperationName): Once => {
    const method = methods.get(`/shop.v1.OrderRepository/${name}`);
    if (method?.kind !== "unary") throw new Error(`${name} is not served`);
    return async (n) => {
      const answer = await method.handle(nth(requests[name], n), call);
      expect(answer.length > 0, "empty");
    };
  };
  return {
    server: undefined,
    operations: Object.fromEntries(OPERATIONS.map((name) => [name, onceOf(name)])),
    close: () => opened.close(),
  };
};
