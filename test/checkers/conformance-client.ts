// A client as connectconformance starts it: calls come on stdin, what became of them goes to stdout. `node conformance-client.ts TRANSPORT PROTOS`
import { fromBinary, toJson, type JsonObject, type JsonValue, type Registry } from "@bufbuild/protobuf";
import { argv, stdin, stdout } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { openGrpcJs } from "../../clients/typescript/transport/grpc-js.ts";
import { openChannel } from "../../clients/typescript/transport/native/channel.ts";
import { readTarget } from "../../clients/typescript/transport/target.ts";
import { CallFailure, type OutgoingCall, type Transport } from "../../clients/typescript/transport/transport.ts";
import { StatusSchema } from "../../src/gen/google/rpc/status_pb.ts";
import { conformancePackage } from "./conformance-service.ts";
import { codecOf, compiled, objectIn, objectsIn, textIn, type Codec } from "./messages.ts";
import { seenHeads, type SeenHeads } from "./seen-heads.ts";

const open = argv[2] === "grpc-js" ? openGrpcJs : openChannel;
const registry = await compiled(argv[3] ?? "");
const codec = codecOf(registry, conformancePackage);

let rest = Buffer.alloc(0);
for await (const chunk of stdin) {
  rest = Buffer.concat([rest, chunk]);
  while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
    const end = 4 + rest.readUInt32BE(0);
    void answer(rest.subarray(4, end));
    rest = rest.subarray(end);
  }
}

async function answer(bytes: Uint8Array): Promise<void> {
  const request = codec.read("ClientCompatRequest", bytes);
  const testName = textIn(request, "testName");
  const result = await call(request).then(
    (response): JsonObject => ({ testName, response }),
    (error: unknown): JsonObject => ({ testName, error: { message: String(error) } }),
  );
  const said = codec.write("ClientCompatResponse", result);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(said.length);
  stdout.write(Buffer.concat([length, said]));
}

async function call(request: JsonObject): Promise<JsonObject> {
  const transport = transportOf(request);
  const payloads: JsonObject[] = [];
  const cancelling = new AbortController();
  const asked = askedBy(request, cancelling.signal);
  try {
    await wait(Number(request["requestDelayMs"] ?? 0));
    if (request["timeoutMs"] !== undefined) await connected(transport);
    await carryOut(transport, asked, { request, cancelling, payloads, codec });
    return { payloads, ...headsOf(seenHeads.get(asked)) };
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    return { payloads, error: errorOf(error, registry), ...headsOf(seenHeads.get(asked)) };
  } finally {
    await transport.close(0);
  }
}

/** A call that waits for its connection until its time is over is unsent with us; the checker means what comes behind that. */
async function connected(transport: Transport): Promise<void> {
  const none = { path: "/none.None/None", request: new Uint8Array(), metadata: [], signal: undefined };
  await transport.unary({ ...none, timeout: 30_000, wait: 30_000 }).catch(() => {});
}

interface Running {
  readonly request: JsonObject;
  readonly cancelling: AbortController;
  readonly payloads: JsonObject[];
  readonly codec: Codec;
}

async function carryOut(transport: Transport, asked: OutgoingCall, running: Running): Promise<void> {
  const { request, cancelling, payloads } = running;
  const { afterCloseSendMs, afterNumResponses, beforeCloseSend } = objectIn(request, "cancel");
  if (beforeCloseSend !== undefined) cancelling.abort();
  const later = afterCloseSendMs === undefined ? undefined : setTimeout(() => cancelling.abort(), Number(afterCloseSendMs)); // prettier-ignore
  const take = (bytes: Uint8Array): void => {
    const name = `${textIn(request, "method")}Response`;
    payloads.push(objectIn(codec.read(name, bytes), "payload"));
    if (payloads.length === Number(afterNumResponses)) cancelling.abort();
  };
  try {
    if (request["streamType"] === "STREAM_TYPE_UNARY") take(await transport.unary(asked));
    else for await (const bytes of transport.stream(asked)) take(bytes);
  } finally {
    clearTimeout(later);
  }
}

function transportOf(request: JsonObject): Transport {
  const pem = (name: string, of: JsonObject = request): Buffer => Buffer.from(textIn(of, name), "base64");
  const creds = objectIn(request, "clientTlsCreds");
  const isTls = textIn(request, "serverTlsCert") !== "";
  const own = "cert" in creds ? { cert: pem("cert", creds), key: pem("key", creds) } : {};
  const tls = isTls ? { ca: pem("serverTlsCert"), ...own } : undefined;
  const target = readTarget({ target: `${textIn(request, "host")}:${Number(request["port"])}`, tls }, {});
  const limit = Number(request["messageReceiveLimit"] ?? 0);
  return open({ target, keepalive: 20_000, largestAnswer: limit > 0 ? limit : 16_777_216 });
}

function askedBy(request: JsonObject, signal: AbortSignal): OutgoingCall {
  const [message = {}] = objectsIn(request, "requestMessages");
  const { "@type": _, ...body } = message;
  const name = textIn(message, "@type").split(".").at(-1) ?? "";
  const timeout = request["timeoutMs"] === undefined ? Infinity : Number(request["timeoutMs"]);
  return {
    path: `/${textIn(request, "service")}/${textIn(request, "method")}`,
    request: codec.write(name, body),
    timeout,
    wait: 30_000,
    metadata: objectsIn(request, "requestHeaders").flatMap((header) =>
      valuesOf(header).map((value) => [textIn(header, "name").toLowerCase(), value] as const),
    ),
    signal,
  };
}

function valuesOf(header: JsonObject): readonly string[] {
  const { value } = header;
  return Array.isArray(value) ? value.map(String) : [];
}

function errorOf({ code, message, details }: CallFailure, types: Registry): JsonObject {
  const status = details && fromBinary(StatusSchema, details);
  const shown: JsonValue[] = (status?.details ?? []).map((detail) => {
    const desc = types.getMessage(detail.typeUrl.slice(detail.typeUrl.lastIndexOf("/") + 1));
    const json = desc ? toJson(desc, fromBinary(desc, detail.value), { registry: types }) : {};
    return { "@type": detail.typeUrl, ...(typeof json === "object" && json !== null && !Array.isArray(json) && json) };
  });
  return { code, message, details: shown };
}

function headsOf(seen: SeenHeads | undefined): JsonObject {
  const list = (fields: SeenHeads["headers"] = []): JsonValue[] => {
    const byName = Map.groupBy(fields, ({ name }) => name);
    return Array.from(byName, ([name, values]) => ({ name, value: values.map(({ value }) => value) }));
  };
  return { responseHeaders: list(seen?.headers), responseTrailers: list(seen?.trailers) };
}
