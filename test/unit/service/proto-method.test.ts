/** Requests of the services that are the same in every installation: read strictly, whatever is wrong with them told as such. */

import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  TransactionServiceBeginRequestSchema,
  TransactionServiceExecuteRequestSchema,
} from "../../../src/gen/pannier/v1/transaction_pb.ts";
import { Fault } from "../../../src/model/fault.ts";
import { incomingCall } from "../../fixtures/incoming-call.ts";
import { createDescriptors } from "../../../src/schema/descriptors.ts";
import { Health } from "../../../src/server/health.ts";
import { reflectionService } from "../../../src/server/reflection.ts";
import { decodeStrictly } from "../../../src/service/proto-method.ts";
import { createRejecter } from "../../../src/service/status.ts";
import { transactionService } from "../../../src/service/transaction-service.ts";
import { Rejected, type DuplexMethod, type Method } from "../../../src/transport/transport.ts";

const incidents: object[] = [];
const rejecter = createRejecter({ error: (fields) => incidents.push(fields) }, () => "incident");
const call = incomingCall("r");

function fault(action: () => unknown): Fault {
  try {
    action();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("it was taken");
}

describe("Begin", () => {
  it("is a server stream, and says which capability is missing", async () => {
    const options = { timeout: { maximum: 1, fallback: 1 }, rejecter, limits: { batchItems: 1 } };
    const begin = transactionService({ entities: [], dispatchers: new Map(), ...options }).get(
      "/pannier.v1.TransactionService/Begin",
    );
    if (begin?.kind !== "server_stream") throw new Error(`Begin is ${begin?.kind}`);
    const pulled = begin.handle(new Uint8Array(), call)[Symbol.asyncIterator]().next();
    await expect(pulled).rejects.toMatchObject({ code: 12 });
    const unknown = begin
      .handle(Uint8Array.of(0x98, 6, 1), call)
      [Symbol.asyncIterator]()
      .next();
    await expect(unknown).rejects.toMatchObject({ code: 3 });
  });
});

describe("an unknown field", () => {
  const unknown = { $unknown: [{ no: 99, wireType: 0, data: Uint8Array.of(1) }] };

  it("is refused at the top and below it, with its place", () => {
    const execute = create(TransactionServiceExecuteRequestSchema, {
      operations: [{ typeUrl: "a" }, { typeUrl: "b" }],
    });
    execute.operations[1]!.$unknown = unknown.$unknown;
    const begin = create(TransactionServiceBeginRequestSchema, { idleTimeout: { seconds: 1n } });
    begin.idleTimeout!.$unknown = unknown.$unknown;
    const refused = [
      fault(() => decodeStrictly(TransactionServiceExecuteRequestSchema, Uint8Array.of(0x98, 6, 1))),
      fault(() =>
        decodeStrictly(
          TransactionServiceExecuteRequestSchema,
          toBinary(TransactionServiceExecuteRequestSchema, execute),
        ),
      ),
      fault(() =>
        decodeStrictly(TransactionServiceBeginRequestSchema, toBinary(TransactionServiceBeginRequestSchema, begin)),
      ),
    ];
    expect(refused.map(({ reason, detail }) => [reason, detail.field])).toEqual([
      ["FIELD_UNKNOWN", "99"],
      ["FIELD_UNKNOWN", "operations[1].99"],
      ["FIELD_UNKNOWN", "idle_timeout.99"],
    ]);
  });
});

describe("bytes that are no protobuf", () => {
  async function rejection(method: Method | DuplexMethod | undefined, bytes: Uint8Array): Promise<unknown> {
    const requests = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes;
    };
    try {
      if (method?.kind === "unary") await method.handle(bytes, call);
      if (method?.kind === "server_stream") for await (const _ of method.handle(bytes, call)) break;
      if (method?.kind === "duplex") for await (const _ of method.handle(requests(), call)) break;
    } catch (error) {
      return error;
    }
    return undefined;
  }

  const health = new Health().methods({ timeout: { maximum: 1_000, fallback: 1_000 }, rejecter });
  const reflection = reflectionService(
    createDescriptors(() => ({ files: [], synthesized: [] })),
    rejecter,
  );

  it.each([...health, ...reflection])("are the caller's mistake and no incident: %s", async (_, method) => {
    incidents.length = 0;
    const rejected = await rejection(method, Uint8Array.of(0x0a, 9));
    expect(rejected).toBeInstanceOf(Rejected);
    expect(Buffer.from((rejected as Rejected).details).toString()).toContain("MESSAGE_MALFORMED");
    expect(incidents).toEqual([]);
  });
});
