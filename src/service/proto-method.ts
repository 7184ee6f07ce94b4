/** A unary method whose messages are generated code, for the services that are the same in every installation. */

import {
  create,
  fromBinary,
  isMessage,
  toBinary,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Fault } from "../model/fault.ts";
import { Meter } from "../schema/codec/meter.ts";
import { prescan } from "../schema/codec/prescan.ts";
import { snakeCase } from "../schema/naming.ts";
import type { IncomingCall, Method, Timeout } from "../transport/transport.ts";
import type { Rejecter } from "./status.ts";

export interface ProtoMethod<Input extends DescMessage, Output extends DescMessage> {
  readonly name: string;
  readonly input: Input;
  readonly output: Output;
  /** The meter goes on with what is packed into the request. */
  run(
    request: MessageShape<Input>,
    call: IncomingCall,
    meter: Meter,
  ): MessageInitShape<Output> | Promise<MessageInitShape<Output>>;
}

export interface ProtoServiceOptions {
  readonly timeout: Timeout;
  readonly rejecter: Rejecter;
}

export function protoMethod<Input extends DescMessage, Output extends DescMessage>(
  method: ProtoMethod<Input, Output>,
  { timeout, rejecter }: ProtoServiceOptions,
): Method {
  const messages = new Set(method.input.fields.filter(({ message }) => message).map(({ number }) => number));
  return {
    kind: "unary",
    timeout,
    handle: async (bytes, call) => {
      try {
        const meter = new Meter();
        prescan(bytes, messages, meter);
        const answer = await method.run(decodeStrictly(method.input, bytes), call, meter);
        return toBinary(method.output, create(method.output, answer));
      } catch (error) {
        throw rejecter.reject(error, { operation: method.name, requestId: call.requestId });
      }
    },
  };
}

export interface ProtoStream<Input extends DescMessage, Output extends DescMessage> {
  readonly name: string;
  readonly input: Input;
  readonly output: Output;
  run(request: MessageShape<Input>, call: IncomingCall): AsyncIterable<MessageInitShape<Output>>;
}

/** One request, many answers. */
export function protoStream<Input extends DescMessage, Output extends DescMessage>(
  method: ProtoStream<Input, Output>,
  { rejecter }: Pick<ProtoServiceOptions, "rejecter">,
): Method {
  const messages = new Set(method.input.fields.filter(({ message }) => message).map(({ number }) => number));
  return {
    kind: "server_stream",
    handle: async function* (bytes, call) {
      try {
        prescan(bytes, messages, new Meter());
        for await (const answer of method.run(decodeStrictly(method.input, bytes), call))
          yield toBinary(method.output, create(method.output, answer));
      } catch (error) {
        throw rejecter.reject(error, { operation: method.name, requestId: call.requestId });
      }
    },
  };
}

/** @throws Fault MESSAGE_MALFORMED; FIELD_UNKNOWN for a field that the message, or one inside it, does not have */
export function decodeStrictly<Input extends DescMessage>(schema: Input, bytes: Uint8Array): MessageShape<Input> {
  const message = decodeLeniently(schema, bytes);
  const unknown = unknownIn(message);
  if (unknown)
    throw new Fault("FIELD_UNKNOWN", `${unknown.message} has no field number ${unknown.number}`, {
      field: unknown.place,
    });
  return message;
}

interface UnknownField {
  readonly message: string;
  readonly number: number;
  readonly place: string;
}

/** Looks into messages, lists, maps and the members of oneofs alike. */
function unknownIn(value: object): UnknownField | undefined {
  if (value instanceof Uint8Array) return undefined;
  const unknown = isMessage(value) ? value.$unknown?.[0] : undefined;
  if (isMessage(value) && unknown) return { message: value.$typeName, number: unknown.no, place: String(unknown.no) };
  for (const [name, inside] of Object.entries(value)) {
    const found = isObject(inside) ? unknownIn(inside) : undefined;
    // Places are put together on the way out, so that nothing is made of names where nothing is found.
    if (found) return { ...found, place: below(Array.isArray(value) ? `[${name}]` : snakeCase(name), found.place) };
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function below(name: string, rest: string): string {
  return rest.startsWith("[") ? name + rest : `${name}.${rest}`;
}

/** With whatever unknown fields it has. @throws Fault MESSAGE_MALFORMED */
export function decodeLeniently<Input extends DescMessage>(schema: Input, bytes: Uint8Array): MessageShape<Input> {
  try {
    return fromBinary(schema, bytes);
  } catch (cause) {
    throw new Fault("MESSAGE_MALFORMED", `the request is not a ${schema.typeName}`, { cause });
  }
}
