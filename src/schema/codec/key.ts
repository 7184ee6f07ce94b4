/** Keys: the message of an entity's key fields, in the order of the key. */

import type { EntityModel } from "../../model/entity.ts";
import type { MessageField, MessageType } from "../../model/field.ts";
import type { Value } from "../../model/value.ts";
import { zeroOf } from "../../model/zero.ts";
import type { EntityCodec } from "./codec.ts";
import { recordCompiler, refuseUnknown } from "./record.ts";
import { isPlainZero } from "./scalar-codec.ts";

export function keyCodec(entity: EntityModel): EntityCodec["key"] {
  const type = keyMessage(entity);
  const codec = recordCompiler(refuseUnknown)(type);
  return {
    decode: (reader, end) => {
      const values = codec.decode(reader, end);
      return type.fields.map((field) => keyValue(field, values[field.ordinal]));
    },
    encode: (key, writer) => codec.encode(key, writer),
  };
}

/** `shop.v1.OrderKey`: ordinals are positions in the key, numbers those of the entity. */
function keyMessage(entity: EntityModel): MessageType {
  const fields = entity.key.map((part, ordinal): MessageField => {
    const field = entity.fields[part.ordinal];
    if (!field) throw new TypeError(`${entity.name} has no field with ordinal ${part.ordinal}`);
    const { name, number, type, wire } = field;
    return { name, number, ordinal, type, wire, presence: true };
  });
  return { name: `${entity.name}Key`, fields, ignored: [] };
}

function keyValue(field: MessageField, value: Value | undefined): Value | undefined {
  const { kind } = field.type;
  if (kind === "string" || kind === "bytes") return isPlainZero(value) ? undefined : value;
  return value ?? zeroOf(field.type);
}
