// An ordinary client with connect-node's defaults, speaking gRPC.
import { create, createFileRegistry, fromBinary, toBinary, type DescMethodStreaming, type DescMethodUnary } from "@bufbuild/protobuf"; // prettier-ignore
import { EmptySchema, FileDescriptorProtoSchema, FileDescriptorSetSchema, file_google_protobuf_empty, type Empty } from "@bufbuild/protobuf/wkt"; // prettier-ignore
import { ConnectError } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { argv } from "node:process";
import { answerLines, type End } from "./answers.ts";

const transport = createGrpcTransport({ baseUrl: `http://${argv[2]}` });

/** Messages go as they are: an Empty keeps all fields it does not know. */
function methodOf(path: string, serverStreaming: boolean): DescMethodUnary | DescMethodStreaming {
  const [service = "", name = ""] = path.slice(1).split("/");
  const at = service.lastIndexOf(".");
  const empty = `.${EmptySchema.typeName}`;
  const file = create(FileDescriptorProtoSchema, {
    name: "client.proto",
    package: service.slice(0, at),
    syntax: "proto3",
    dependency: ["google/protobuf/empty.proto"],
    service: [
      {
        name: service.slice(at + 1),
        method: [{ name, inputType: empty, outputType: empty, ...(serverStreaming && { serverStreaming }) }],
      },
    ],
  });
  const files = createFileRegistry(create(FileDescriptorSetSchema, { file: [file_google_protobuf_empty.proto, file] }));
  const method = files.getService(service)?.methods[0];
  if (!method) throw new Error(`${path} is no method`);
  return method;
}

const methods = new Map<string, DescMethodUnary | DescMethodStreaming>();

function method(path: string, streams: boolean): DescMethodUnary | DescMethodStreaming {
  const found = methods.get(path) ?? methodOf(path, streams);
  methods.set(path, found);
  return found;
}

const messageOf = (request: Uint8Array): Empty => fromBinary(EmptySchema, request);
const bytesOf = (message: Empty): Uint8Array => toBinary(EmptySchema, message);

function failed(thrown: unknown, messages = 0): End {
  const error = ConnectError.from(thrown);
  const details = Buffer.from(error.metadata.get("grpc-status-details-bin") ?? "", "base64");
  return { code: error.code, messages, text: error.message, details };
}

await answerLines({
  async unary(path, request, milliseconds) {
    const described = method(path, false);
    if (described.methodKind !== "unary") throw new Error(`${path} streams`);
    try {
      const { message } = await transport.unary<typeof EmptySchema, typeof EmptySchema>(
        described as DescMethodUnary<typeof EmptySchema, typeof EmptySchema>, // built above from Empty
        undefined,
        milliseconds || undefined,
        undefined,
        messageOf(request),
      );
      return { code: 0, messages: 1, last: bytesOf(message) };
    } catch (error) {
      return failed(error);
    }
  },
  async stream(path, request, milliseconds, cancelAfter) {
    const abort = new AbortController();
    let messages = 0;
    let last = new Uint8Array();
    try {
      const { message: replies } = await transport.stream<typeof EmptySchema, typeof EmptySchema>(
        method(path, true) as DescMethodStreaming<typeof EmptySchema, typeof EmptySchema>, // built above from Empty
        abort.signal,
        milliseconds || undefined,
        undefined,
        (async function* () {
          yield messageOf(request);
        })(),
      );
      for await (const message of replies) {
        last = Uint8Array.from(bytesOf(message));
        messages += 1;
        if (messages === cancelAfter) abort.abort();
      }
      return { code: 0, messages, last };
    } catch (error) {
      return failed(error, messages);
    }
  },
});
