/** Ranges of a key or index as intervals of bytes, and what of them is left behind a cursor. */

import { orderComparator } from "../../model/compare.ts";
import type { EntityModel, OrderTerm } from "../../model/entity.ts";
import type { EntityRecord, Value } from "../../model/value.ts";
import { cutBehind } from "../reading/behind.ts";
import type { Bound, Range } from "../plan.ts";
import { prefixBytes, presentMark, successor, termBytes } from "./key-bytes.ts";

/** From `start` on, `end` excluded. */
export interface Interval {
  readonly start: Buffer;
  readonly end: Buffer;
}

/** A key or index as bytes: what all its keys begin with, and the terms that follow. */
export interface ByteOrder {
  readonly entity: EntityModel;
  readonly prefix: Buffer;
  /** Complete: ties included. */
  readonly terms: readonly OrderTerm[];
  /** Where a store has a form of its own; undefined is the terms of `key-bytes.ts` one behind the other. */
  readonly codec?: KeyCodec;
}

/** Another form of keys, which sorts as the terms say. */
export interface KeyCodec {
  /** What exactly the keys with these leading values begin with. */
  leading(values: readonly (Value | undefined)[]): Buffer;
  /** What exactly those of them begin with that have a value in the next term. */
  present(values: readonly (Value | undefined)[]): Buffer;
  /** What exactly those of them begin with whose next term is a text with this prefix. */
  prefix(values: readonly (Value | undefined)[], text: string): Buffer;
}

/** The key of a row in this order. */
export function keyBytes({ entity, prefix, terms, codec }: ByteOrder, record: EntityRecord): Buffer {
  if (codec) return codec.leading(terms.map(({ ordinal }) => record[ordinal]));
  return Buffer.concat([
    prefix,
    ...terms.map(({ ordinal, desc }) => termBytes(typeAt(entity, ordinal), record[ordinal], desc)),
  ]);
}

/** Everything that begins with these bytes. */
export function intervalOf(bytes: Buffer): Interval {
  return { start: bytes, end: successor(bytes) };
}

/** Where the rows of a range lie. A bound leaves out the rows without a value. */
export function rangeInterval(order: ByteOrder, range: Range): Interval {
  const codec = codecOf(order);
  const term = order.terms[range.eq.length];
  const { eq, lower, upper, prefix } = range;
  if (!term || (!lower && !upper && prefix === undefined)) return intervalOf(codec.leading(eq));
  if (prefix !== undefined) return intervalOf(codec.prefix(eq, prefix));
  const at = (value: Value): Buffer => codec.leading([...eq, value]);
  const all = intervalOf(codec.present(eq));
  const [first, last] = term.desc ? [upper, lower] : [lower, upper];
  return { start: startAt(first, at) ?? all.start, end: endAt(last, at) ?? all.end };
}

function startAt(bound: Bound | undefined, at: (value: Value) => Buffer): Buffer | undefined {
  return bound && (bound.inclusive ? at(bound.value) : successor(at(bound.value)));
}

function endAt(bound: Bound | undefined, at: (value: Value) => Buffer): Buffer | undefined {
  return bound && (bound.inclusive ? successor(at(bound.value)) : at(bound.value));
}

export interface Resumption {
  readonly order: ByteOrder;
  readonly range: Range;
  readonly reverse: boolean;
  /** The order rows are delivered in: the range's own terms as they lie (or reversed), and among them terms that it fixes. */
  readonly delivered: readonly OrderTerm[];
  /** The row behind which delivery goes on; it may be of another range. */
  readonly after: EntityRecord;
}

/** What of a range comes behind a row; undefined where nothing does. */
export function behind({ order, range, reverse, delivered, after }: Resumption): Interval | undefined {
  const fixed = new Map(order.terms.slice(0, range.eq.length).map(({ ordinal }, i) => [ordinal, range.eq[i]]));
  const { open, areEqualBehind } = cutBehind(delivered, (term) =>
    fixed.has(term.ordinal) ? compareTerm(order.entity, term, fixed.get(term.ordinal), after[term.ordinal]) : undefined,
  );
  const free = order.terms.slice(range.eq.length);
  const values = open.map(({ ordinal }, i) => {
    if (free[i]?.ordinal !== ordinal) throw new TypeError("an order that does not follow its path");
    return after[ordinal];
  });
  const bytes = codecOf(order).leading([...range.eq, ...values]);
  return cut(rangeInterval(order, range), bytes, reverse, areEqualBehind);
}

/** The part of an interval from `bytes` on; what begins with them belongs to it or not. */
function cut(interval: Interval, bytes: Buffer, reverse: boolean, inclusive: boolean): Interval | undefined {
  const edge = inclusive === reverse ? successor(bytes) : bytes;
  const { start, end } = interval;
  const left = reverse ? { start, end: least(end, edge) } : { start: greatest(start, edge), end };
  return Buffer.compare(left.start, left.end) < 0 ? left : undefined;
}

function least(a: Buffer, b: Buffer): Buffer {
  return Buffer.compare(a, b) < 0 ? a : b;
}

function greatest(a: Buffer, b: Buffer): Buffer {
  return Buffer.compare(a, b) > 0 ? a : b;
}

function compareTerm(entity: EntityModel, term: OrderTerm, a: Value | undefined, b: Value | undefined): number {
  const of = (value: Value | undefined): EntityRecord => {
    const record: (Value | undefined)[] = [];
    record[term.ordinal] = value;
    return record;
  };
  return orderComparator(entity.fields, [term])(of(a), of(b));
}

function codecOf(order: ByteOrder): KeyCodec {
  return order.codec ?? termsCodec(order);
}

function termsCodec({ entity, prefix, terms }: ByteOrder): KeyCodec {
  const termAt = (position: number): OrderTerm => {
    const term = terms[position];
    if (!term) throw new TypeError(`a range of ${entity.name} has more values than terms`);
    return term;
  };
  const leading = (values: readonly (Value | undefined)[]): Buffer =>
    Buffer.concat([
      prefix,
      ...values.map((value, i) => {
        const { ordinal, desc } = termAt(i);
        return termBytes(typeAt(entity, ordinal), value, desc);
      }),
    ]);
  return {
    leading,
    present: (values) => Buffer.concat([leading(values), presentMark(termAt(values.length).desc)]),
    prefix: (values, text) => Buffer.concat([leading(values), prefixBytes(text, termAt(values.length).desc)]),
  };
}

function typeAt(entity: EntityModel, ordinal: number): EntityModel["fields"][number]["type"] {
  const field = entity.fields[ordinal];
  if (!field) throw new TypeError(`${entity.name} has no field with ordinal ${ordinal}`);
  return field.type;
}
