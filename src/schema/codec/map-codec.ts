/** The entries of a map: messages with a key (1) and a value (2), both of which may be missing. */

import { comparatorOf } from "../../model/compare.ts";
import { Fault } from "../../model/fault.ts";
import type { ElementType, MapKeyType, MessageField } from "../../model/field.ts";
import type { MapKey, Value } from "../../model/value.ts";
import { zeroOf } from "../../model/zero.ts";
import { mapKeyOf, mapOf, type ElementCodec, type OnUnknown } from "./element-codec.ts";
import { mistyped } from "./fault-path.ts";
import type { Reader } from "./reader.ts";
import { scalarCodec } from "./scalar-codec.ts";
import type { Writer } from "./writer.ts";

export interface MapCodec {
  /** One entry; a key that is there already gets the new value. */
  read(reader: Reader, into: Map<MapKey, Value>): void;
  /** All entries, by key. */
  write(writer: Writer, tag: number, value: Value): void;
}

export type MapType = { readonly key: MapKeyType; readonly value: ElementType };

export function mapCodec(field: MessageField, type: MapType, element: ElementCodec, unknown: OnUnknown): MapCodec {
  const key = scalarCodec(type.key, field.wire.key ?? "varint", unknown);
  const keyTag = 8 | key.wireType;
  const valueTag = 16 | element.wireType;
  const compare = comparatorOf(type.key);
  const zeroKey = mapKeyOf(zeroOf(type.key));
  return {
    read(reader, into) {
      let at = zeroKey;
      let value: Value | undefined;
      const outer = reader.enter(reader.length());
      while (reader.more()) {
        const tag = reader.tag();
        if (tag === keyTag) at = mapKeyOf(key.read(reader, undefined));
        else if (tag === valueTag) value = element.read(reader, value);
        else if (tag >>> 3 <= 2) throw mistyped(field.name, tag >>> 3 === 1 ? "key" : "value", tag >>> 3);
        else unknown(reader, tag, `An entry of ${field.name}`);
      }
      reader.leave(outer);
      into.set(at, value ?? missing(type.value));
    },
    write(writer, tag, value) {
      const map = mapOf(value);
      const keys = map.size < 2 ? [...map.keys()] : [...map.keys()].sort(compare);
      for (const each of keys) {
        const entry = map.get(each);
        if (entry === undefined) continue;
        writer.uint32(tag);
        const mark = writer.open();
        writer.uint32(keyTag);
        key.write(writer, each);
        writer.uint32(valueTag);
        element.write(writer, entry);
        writer.close(mark);
      }
    },
  };
}

/** What an entry without a value holds. */
function missing(type: ElementType): Value {
  switch (type.kind) {
    case "message":
      return type.message.fields.map(() => undefined);
    case "timestamp":
    case "duration":
      return 0n;
    case "enum":
      return type.enum.values.some((value) => value.number === 0) ? 0 : (type.enum.values[0]?.number ?? 0);
    case "decimal":
      throw new Fault("DECIMAL_INVALID", "An entry of a map of decimals is empty.");
    case "bool":
    case "string":
    case "bytes":
    case "int32":
    case "uint32":
    case "int64":
    case "uint64":
    case "float":
    case "double":
      return zeroOf(type) ?? 0;
  }
}
