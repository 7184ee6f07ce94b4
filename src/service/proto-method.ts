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
import { PLAIN_SHAPE, prescan, type Shape } from "../schema/codec/prescan.ts";
import { snakeCase } from "../schema/naming.ts";
import type { IncomingCall, Method, Timeout } from "../transport/transport.ts";
import type { Rejecter } from "./status.ts";

export interface ProtoMethod<Input extends DescMessage, Output extends DescMessage> {
  readonly name: string;
  readonly input: Input;
  readonly output: Output;
  run(request: MessageShape<Input>, call: IncomingCall): MessageInitShape<Output> | Promise<MessageInitShape<Output>>;
}

export interface ProtoServiceOptions {
  readonly timeout: Timeout;
  readonly rejecter: Rejecter;
}

export function protoMethod<Input extends DescMessage, Output extends DescMessage>(
  method: ProtoMethod<Input, Output>,
  { timeout, rejecter }: ProtoServiceOptions,
): Method {
  const shape = shapeOf(method.input);
  return {
    kind: "unary",
    timeout,
    handle: async (bytes, call) => {
      try {
        prescan(bytes, shape);
        const answer = await method.run(decodeStrictly(method.input, bytes), call);
        return toBinary(method.output, create(method.output, answer));
      } catch (error) {
        throw rejecter.reject(error, { operation: method.name, requestId: call.requestId });
      }
    },
  };
}

/** Down to the messages inside the request, which is as deep as the requests of these services are. */
function shapeOf({ fields }: DescMessage): Shape {
  return { messages: new Map(fields.filter(({ message }) => message).map(({ number }) => [number, PLAIN_SHAPE])) };
}

/** @throws Fault MESSAGE_MALFORMED; FIELD_UNKNOWN for a field that the message, or one inside it, does not have */
export function decodeStrictly<Input extends DescMessage>(schema: Input, bytes: Uint8Array): MessageShape<Input> {
  const message = decodeLeniently(schema, bytes);
  refuseUnknown(message, "");
  return message;
}

/** Looks into messages, lists, maps and the members of oneofs alike; `place` is the path to the value. */
function refuseUnknown(value: unknown, place: string): void {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  if (isMessage(value)) {
    const unknown = value.$unknown?.[0];
    if (unknown)
      throw new Fault("FIELD_UNKNOWN", `${value.$typeName} has no field number ${unknown.no}`, {
        field: `${place}${place && "."}${unknown.no}`,
      });
  }
  const join = Array.isArray(value)
    ? (index: string): string => `${place}[${index}]`
    : (name: string): string => `${place}${place && "."}${snakeCase(name)}`;
  for (const [name, inside] of Object.entries(value)) if (typeof inside === "object") refuseUnknown(inside, join(name));
}

/** With whatever unknown fields it has. @throws Fault MESSAGE_MALFORMED */
export function decodeLeniently<Input extends DescMessage>(schema: Input, bytes: Uint8Array): MessageShape<Input> {
  try {
    return fromBinary(schema, bytes);
  } catch (cause) {
    throw new Fault("MESSAGE_MALFORMED", `the request is not a ${schema.typeName}`, { cause });
  }
}
