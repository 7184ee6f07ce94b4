// Receives what an OpenTelemetry exporter sends: OTLP over HTTP, as protobuf, decoded byte by byte.
// Field numbers: opentelemetry/proto/trace/v1/trace.proto, common/v1/common.proto.
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { once } from "node:events";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Of the resource. */
  readonly service: string;
  /** STATUS_CODE_ERROR is 2. */
  readonly status: number;
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: readonly Span[];
  /** Everything as it came. */
  readonly bodies: readonly Buffer[];
  close(): void;
}

export async function startReceiver(): Promise<OtlpReceiver> {
  const spans: Span[] = [];
  const bodies: Buffer[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      bodies.push(body);
      if (request.url === "/v1/traces") spans.push(...spansOf(body));
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, spans, bodies, close: () => server.closeAllConnections() };
}

type Fields = ReadonlyMap<number, readonly (Uint8Array | number)[]>;

/** A message as its fields; numbers that nobody asks for are left out. */
function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, (Uint8Array | number)[]>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const values = fields.get(number) ?? [];
    fields.set(number, values);
    if (type === WireType.LengthDelimited) values.push(reader.bytes());
    else if (type === WireType.Varint) values.push(Number(reader.uint64()));
    else reader.skip(type, number);
  }
  return fields;
}

function messages(fields: Fields, number: number): readonly Fields[] {
  return (fields.get(number) ?? []).flatMap((value) => (typeof value === "number" ? [] : [fieldsOf(value)]));
}

function bytes(fields: Fields | undefined, number: number): Buffer {
  const value = fields?.get(number)?.[0];
  return Buffer.from(value instanceof Uint8Array ? value : []);
}

function spansOf(body: Buffer): readonly Span[] {
  return messages(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const service = attributesOf(messages(resourceSpans, 1)[0], 1)["service.name"] ?? "";
    return messages(resourceSpans, 2)
      .flatMap((scopeSpans) => messages(scopeSpans, 2))
      .map((span) => ({
        traceId: bytes(span, 1).toString("hex"),
        spanId: bytes(span, 2).toString("hex"),
        parentSpanId: bytes(span, 4).toString("hex"),
        name: bytes(span, 5).toString(),
        attributes: attributesOf(span, 9),
        service,
        status: Number(messages(span, 15)[0]?.get(3)?.[0] ?? 0),
      }));
  });
}

function attributesOf(fields: Fields | undefined, number: number): Readonly<Record<string, string>> {
  const pairs = fields ? messages(fields, number) : [];
  return Object.fromEntries(
    pairs.map((pair) => [bytes(pair, 1).toString(), bytes(messages(pair, 2)[0], 1).toString()]),
  );
}
