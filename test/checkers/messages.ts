// Messages of .proto files as JSON, and methods that take and answer them.
import { createFileRegistry, fromBinary, fromJson, toBinary, toJson, type JsonObject, type JsonValue, type Registry } from "@bufbuild/protobuf"; // prettier-ignore
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { DuplexMethod, IncomingCall, StreamMethod, UnaryMethod } from "../../src/transport/transport.ts";

/** Every message of the .proto files in a folder. */
export async function compiled(folder: string): Promise<Registry> {
  const options = { encoding: "buffer", maxBuffer: 16_777_216 } as const;
  const { stdout } = await promisify(execFile)("buf", ["build", folder, "-o", "-#format=binpb"], options);
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, stdout));
}

export interface Codec {
  read(type: string, bytes: Uint8Array): JsonObject;
  write(type: string, json: JsonObject): Uint8Array;
}

/** Types are named without their package. */
export function codecOf(registry: Registry, packageName: string): Codec {
  const typeOf = (name: string): NonNullable<ReturnType<Registry["getMessage"]>> => {
    const found = registry.getMessage(`${packageName}.${name}`);
    if (!found) throw new Error(`there is no message ${packageName}.${name}`);
    return found;
  };
  return {
    read: (type, bytes) => {
      const desc = typeOf(type);
      const json = toJson(desc, fromBinary(desc, bytes), { registry, alwaysEmitImplicit: true });
      if (typeof json !== "object" || json === null || Array.isArray(json)) throw new Error(`${type} is no object`);
      return json;
    },
    write: (type, json) => {
      const desc = typeOf(type);
      return toBinary(desc, fromJson(desc, json, { registry }));
    },
  };
}

export interface Types {
  readonly input: string;
  readonly output: string;
}

/** Only the client's own deadline holds. */
const timeout = { maximum: Infinity, fallback: Infinity };

export class MethodMaker {
  readonly #codec: Codec;

  constructor(codec: Codec) {
    this.#codec = codec;
  }

  unary(types: Types, answer: (request: JsonObject, call: IncomingCall) => Promise<JsonObject>): UnaryMethod {
    const handle = async (bytes: Uint8Array, call: IncomingCall): Promise<Uint8Array> =>
      this.#codec.write(types.output, await answer(this.#codec.read(types.input, bytes), call));
    return { kind: "unary", timeout, handle };
  }

  serverStream(
    types: Types,
    answer: (request: JsonObject, call: IncomingCall) => AsyncIterable<JsonObject>,
  ): StreamMethod {
    const handle = (bytes: Uint8Array, call: IncomingCall): AsyncIterable<Uint8Array> =>
      this.#written(types.output, answer(this.#codec.read(types.input, bytes), call));
    return { kind: "server_stream", handle };
  }

  /** Client streams, too: then there is one answer. */
  duplex(
    types: Types,
    answer: (requests: AsyncIterable<JsonObject>, call: IncomingCall) => AsyncIterable<JsonObject>,
  ): DuplexMethod {
    const handle = (requests: AsyncIterable<Uint8Array>, call: IncomingCall): AsyncIterable<Uint8Array> =>
      this.#written(types.output, answer(this.#read(types.input, requests), call));
    return { kind: "duplex", handle };
  }

  async *#written(type: string, answers: AsyncIterable<JsonObject>): AsyncGenerator<Uint8Array> {
    for await (const answer of answers) yield this.#codec.write(type, answer);
  }

  async *#read(type: string, requests: AsyncIterable<Uint8Array>): AsyncGenerator<JsonObject> {
    for await (const request of requests) yield this.#codec.read(type, request);
  }
}

/** A member that is a text; empty where it is absent. */
export function textIn(json: JsonObject, name: string): string {
  const value = json[name];
  return typeof value === "string" ? value : "";
}

/** A member that is an object; empty where it is absent. */
export function objectIn(json: JsonObject, name: string): JsonObject {
  const value = json[name];
  return isObject(value) ? value : {};
}

/** A member that is a list of objects. */
export function objectsIn(json: JsonObject, name: string): readonly JsonObject[] {
  const value = json[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
