/** Server reflection, v1 and v1alpha, which have the same messages: everything a tool needs to call what is served, custom options and error details too. */

import { create, toBinary, type MessageInitShape } from "@bufbuild/protobuf";
import {
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
  type ServerReflectionRequest,
} from "../gen/grpc/reflection/v1/reflection_pb.ts";
import type { Descriptors } from "../schema/descriptors.ts";
import { decodeLeniently } from "../service/proto-method.ts";
import type { Rejecter } from "../service/status.ts";
import type { DuplexMethod } from "../transport/transport.ts";

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]>;

const notFound = 5; // google.rpc.Code
const paths = [
  "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
  "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

export function reflectionService(descriptors: Descriptors, rejecter: Rejecter): ReadonlyMap<string, DuplexMethod> {
  const method: DuplexMethod = {
    kind: "duplex",
    handle: async function* (requests, call) {
      try {
        for await (const bytes of requests) yield respond(descriptors, bytes);
      } catch (error) {
        throw rejecter.reject(error, { operation: "ServerReflectionInfo", requestId: call.requestId });
      }
    },
  };
  return new Map(paths.map((path) => [path, method]));
}

function respond(descriptors: Descriptors, bytes: Uint8Array): Uint8Array {
  const originalRequest = decodeLeniently(ServerReflectionRequestSchema, bytes);
  const messageResponse = answer(descriptors, originalRequest.messageRequest);
  const response = create(ServerReflectionResponseSchema, {
    validHost: originalRequest.host,
    originalRequest,
    messageResponse,
  });
  return toBinary(ServerReflectionResponseSchema, response);
}

function answer(descriptors: Descriptors, { case: kind, value }: ServerReflectionRequest["messageRequest"]): Answer {
  switch (kind) {
    case "fileByFilename":
      return files(descriptors, value);
    case "fileContainingSymbol":
      return files(descriptors, descriptors.fileOfSymbol(value));
    case "fileContainingExtension":
      return files(descriptors, descriptors.fileOfExtension(value.containingType, value.extensionNumber));
    case "allExtensionNumbersOfType": {
      const numbers = descriptors.extensionNumbers(value);
      if (!numbers) return missing("message");
      return { case: "allExtensionNumbersResponse", value: { baseTypeName: value, extensionNumber: [...numbers] } };
    }
    case "listServices":
      return { case: "listServicesResponse", value: { service: descriptors.services().map((name) => ({ name })) } };
    case undefined:
      return { case: "errorResponse", value: { errorCode: 3, errorMessage: "the request asks for nothing" } };
    default:
      return kind satisfies never;
  }
}

/** The file first, then everything it imports: tools link them without asking again. */
function files(descriptors: Descriptors, name: string | undefined): Answer {
  const names = name === undefined ? [] : descriptors.closure(name);
  if (names.length === 0) return missing("file or symbol");
  const fileDescriptorProto = names.toReversed().flatMap((file) => descriptors.fileByName(file) ?? []);
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

function missing(what: string): Answer {
  return { case: "errorResponse", value: { errorCode: notFound, errorMessage: `no such ${what} is served here` } };
}
