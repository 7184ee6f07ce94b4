/**
 * The contract of the codecs: wire bytes ↔ records, keys and filters of one entity, compiled once from the model.
 * Whatever fills it refuses with a Fault: MESSAGE_MALFORMED for bytes that are not protobuf, FIELD_UNKNOWN (with the
 * number), EMPTY_PREDICATE, ENUM_UNKNOWN, DECIMAL_INVALID and so on for what no record or Filter can hold.
 */

import type { EntityModel } from "../../model/entity.ts";
import type { Filter } from "../../model/filter.ts";
import type { MessageType } from "../../model/field.ts";
import type { EntityRecord, Value } from "../../model/value.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** One message type's bytes and records. */
export interface RecordCodec {
  readonly type: MessageType;
  /** Sparse: absent fields are undefined. Nothing in the result aliases the bytes read. */
  decode(reader: Reader, end: number): EntityRecord;
  /** Deterministic: by field number, map entries by key. Takes sparse and normal records alike; `fields` are ordinals, all when undefined. */
  encode(record: EntityRecord, writer: Writer, fields?: readonly number[]): void;
}

/** Codecs of everything that a repository's messages hold of one entity. */
export interface EntityCodec {
  readonly entity: EntityModel;
  readonly limits: CodecLimits;
  readonly record: RecordCodec;
  /** The same message in increment, append and remove, where unknown fields are never dropped. */
  readonly change: RecordCodec;
  /**
   * Key values as sent, in declared order. Missing ones are undefined, so also empty strings and bytes; numbers, bools
   * and enums are never missing, because proto3 does not send their zero.
   */
  readonly key: {
    decode(reader: Reader, end: number): readonly (Value | undefined)[];
    encode(key: readonly (Value | undefined)[], writer: Writer): void;
  };
  /** The Filter message; `path` begins the field names in a Fault, for example `where` or `condition`. Undefined where nothing is set at the top. */
  readonly filter: {
    decode(reader: Reader, end: number, path: string): Filter | undefined;
  };
}

/** Limits of what is decoded; a request beyond them is refused before the rest is read. */
export interface CodecLimits {
  /** Groups (all, any, none) inside groups of a filter. */
  readonly filterDepth: number;
  /** Predicates, and values of one_of, has_any and has_all, in one filter. */
  readonly filterTerms: number;
  /** Keys of a BatchGet, writes of a BatchWrite. */
  readonly batchItems: number;
  /** Whether unknown fields inside `entity` are dropped instead of refused; elsewhere they never are. */
  readonly unknownEntityFields: "refuse" | "drop";
}

export type CompileCodec = (entity: EntityModel, limits: CodecLimits) => EntityCodec;
