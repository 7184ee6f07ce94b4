// grpc.testing.TestService, which the interop client of every gRPC library asks.
import type { JsonObject } from "@bufbuild/protobuf";
import { fileURLToPath } from "node:url";
import { setTimeout as wait } from "node:timers/promises";
import { Rejected, type IncomingCall, type ListenOptions } from "../../src/transport/transport.ts";
import { codecOf, compiled, MethodMaker, objectIn, objectsIn, textIn } from "./messages.ts";

export async function testService(): Promise<ListenOptions["methods"]> {
  const registry = await compiled(fileURLToPath(new URL("proto", import.meta.url)));
  const make = new MethodMaker(codecOf(registry, "grpc.testing"));
  const output = { input: "StreamingOutputCallRequest", output: "StreamingOutputCallResponse" };
  const input = { input: "StreamingInputCallRequest", output: "StreamingInputCallResponse" };
  return new Map(
    Object.entries({
      EmptyCall: make.unary({ input: "Empty", output: "Empty" }, async () => ({})),
      UnaryCall: make.unary({ input: "SimpleRequest", output: "SimpleResponse" }, async (request, call) => {
        echoMetadata(call);
        requireNoStatus(request);
        return payload(Number(request["responseSize"]));
      }),
      StreamingOutputCall: make.serverStream(output, (request) => answers(request)),
      StreamingInputCall: make.duplex(input, async function* (requests) {
        let size = 0;
        for await (const request of requests) size += bodyOf(request).length;
        yield { aggregatedPayloadSize: size };
      }),
      FullDuplexCall: make.duplex(output, async function* (requests, call) {
        echoMetadata(call);
        for await (const request of requests) yield* answers(request);
      }),
      HalfDuplexCall: make.duplex(output, async function* (requests) {
        const all: JsonObject[] = [];
        for await (const request of requests) all.push(request);
        for (const request of all) yield* answers(request);
      }),
    }).map(([name, method]) => [`/grpc.testing.TestService/${name}`, method] as const),
  );
}

/** What the case custom_metadata asks for. */
function echoMetadata(call: IncomingCall): void {
  for (const [name, value] of call.received()) {
    if (name === "x-grpc-test-echo-initial") call.answerWith("headers", name, value);
    if (name === "x-grpc-test-echo-trailing-bin") call.answerWith("trailers", name, value);
  }
}

async function* answers(request: JsonObject): AsyncGenerator<JsonObject> {
  requireNoStatus(request);
  for (const { size, intervalUs } of objectsIn(request, "responseParameters")) {
    if (Number(intervalUs) > 0) await wait(Number(intervalUs) / 1_000);
    yield payload(Number(size));
  }
}

/** @throws Rejected with the status that the request asks for */
function requireNoStatus(request: JsonObject): void {
  const status = objectIn(request, "responseStatus");
  const code = Number(status["code"] ?? 0);
  if (code !== 0) throw new Rejected(code, textIn(status, "message"), new Uint8Array());
}

function payload(size: number): JsonObject {
  return { payload: { body: Buffer.alloc(size).toString("base64") } };
}

function bodyOf(request: JsonObject): Buffer {
  return Buffer.from(textIn(objectIn(request, "payload"), "body"), "base64");
}
