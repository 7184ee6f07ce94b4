// connectrpc.conformance.v1.ConformanceService, as its .proto file describes it.
import { fromJson, toBinary, type JsonObject, type JsonValue, type Registry } from "@bufbuild/protobuf";
import { setTimeout as wait } from "node:timers/promises";
import { StatusSchema } from "../../src/gen/google/rpc/status_pb.ts";
import { Rejected, type IncomingCall, type ListenOptions } from "../../src/transport/transport.ts";
import { codecOf, MethodMaker, objectIn, objectsIn, textIn, type Types } from "./messages.ts";

export const conformancePackage = "connectrpc.conformance.v1";

/** By number less one. */
const codes = [
  "CANCELED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE",
  "DATA_LOSS", "UNAUTHENTICATED",
]; // prettier-ignore

export function conformanceService(registry: Registry): ListenOptions["methods"] {
  const make = new MethodMaker(codecOf(registry, conformancePackage));
  const types = (name: string): Types => ({ input: `${name}Request`, output: `${name}Response` });

  const single = async (name: string, requests: readonly JsonObject[], call: IncomingCall): Promise<JsonObject> => {
    const definition = objectIn(requests[0] ?? {}, "responseDefinition");
    const info = infoOf(call, named(name, requests));
    giveMetadata(call, definition);
    await wait(Number(definition["responseDelayMs"] ?? 0));
    if ("error" in definition) throw rejected(registry, objectIn(definition, "error"), info);
    return { payload: { data: definition["responseData"] ?? "", requestInfo: info } };
  };

  /** The answers that are not sent yet, and the error behind them; only the first answer says what came. */
  async function* rest(definition: JsonObject, sent: number, info: JsonObject): AsyncGenerator<JsonObject> {
    const data = dataOf(definition);
    for (let at = sent; at < data.length; at++) {
      await wait(Number(definition["responseDelayMs"] ?? 0));
      yield { payload: { data: data[at] ?? "", ...(at === 0 ? { requestInfo: info } : {}) } };
    }
    if ("error" in definition)
      throw rejected(registry, objectIn(definition, "error"), data.length + sent === 0 ? info : undefined);
  }

  const methods = {
    Unary: make.unary(types("Unary"), (request, call) => single("UnaryRequest", [request], call)),
    IdempotentUnary: make.unary(types("IdempotentUnary"), (request, call) =>
      single("IdempotentUnaryRequest", [request], call),
    ),
    ClientStream: make.duplex(types("ClientStream"), async function* (requests, call) {
      const all: JsonObject[] = [];
      for await (const request of requests) all.push(request);
      yield await single("ClientStreamRequest", all, call);
    }),
    ServerStream: make.serverStream(types("ServerStream"), (request, call) => {
      const definition = objectIn(request, "responseDefinition");
      giveMetadata(call, definition);
      return rest(definition, 0, infoOf(call, named("ServerStreamRequest", [request])));
    }),
    BidiStream: make.duplex(types("BidiStream"), async function* (requests, call) {
      let definition: JsonObject | undefined;
      let isFullDuplex = false;
      let sent = 0;
      let unsaid: JsonObject[] = [];
      for await (const request of requests) {
        unsaid.push(request);
        if (!definition) {
          definition = objectIn(request, "responseDefinition");
          isFullDuplex = request["fullDuplex"] === true;
          giveMetadata(call, definition);
        }
        if (!isFullDuplex) continue;
        const data = dataOf(definition)[sent];
        if (data === undefined) break;
        const came = named("BidiStreamRequest", unsaid);
        const requestInfo = sent === 0 ? infoOf(call, came) : { requests: [...came] };
        await wait(Number(definition["responseDelayMs"] ?? 0));
        yield { payload: { data, requestInfo } };
        sent += 1;
        unsaid = [];
      }
      yield* rest(definition ?? {}, sent, infoOf(call, named("BidiStreamRequest", unsaid)));
    }),
  };
  return new Map(
    Object.entries(methods).map(
      ([name, method]) => [`/${conformancePackage}.ConformanceService/${name}`, method] as const,
    ),
  );
}

function dataOf(definition: JsonObject): readonly JsonValue[] {
  const data = definition["responseData"];
  return Array.isArray(data) ? data : [];
}

/** Requests as google.protobuf.Any. */
function named(type: string, requests: readonly JsonObject[]): readonly JsonObject[] {
  return requests.map((request) => ({ "@type": `type.googleapis.com/${conformancePackage}.${type}`, ...request }));
}

function infoOf(call: IncomingCall, requests: readonly JsonObject[]): JsonObject {
  const headers = new Map<string, string[]>();
  for (const [name, value] of call.received()) headers.set(name, [...(headers.get(name) ?? []), value]);
  const left = Math.round(call.deadline - performance.now());
  return {
    requestHeaders: Array.from(headers, ([name, value]) => ({ name, value })),
    ...(call.deadline === Infinity ? {} : { timeoutMs: String(Math.max(0, left)) }),
    requests: [...requests],
  };
}

function giveMetadata(call: IncomingCall, definition: JsonObject): void {
  for (const place of ["headers", "trailers"] as const) {
    const name = place === "headers" ? "responseHeaders" : "responseTrailers";
    for (const header of objectsIn(definition, name)) {
      const values = Array.isArray(header["value"]) ? header["value"] : [];
      for (const value of values)
        if (typeof value === "string") call.answerWith(place, textIn(header, "name").toLowerCase(), value);
    }
  }
}

/** `info` goes into the details where nothing was answered before. */
function rejected(registry: Registry, error: JsonObject, info: JsonObject | undefined): Rejected {
  const code = codes.indexOf(textIn(error, "code").replace("CODE_", "")) + 1;
  const message = textIn(error, "message");
  const type = `type.googleapis.com/${conformancePackage}.ConformancePayload.RequestInfo`;
  const details = [...objectsIn(error, "details"), ...(info ? [{ "@type": type, ...info }] : [])];
  return new Rejected(
    code,
    message,
    toBinary(StatusSchema, fromJson(StatusSchema, { code, message, details }, { registry })),
  );
}
