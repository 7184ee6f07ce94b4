/**
 * Ids the sidecar makes: UUID v7 and v4 (RFC 9562), ULID (github.com/ulid/spec), Snowflake (41 bits of milliseconds
 * since 2024-01-01, 10 of node, 12 of sequence). Those with a time in front ascend within one process, also when the
 * clock goes back or does not move: then the last moment goes on counting, a little ahead of the clock if need be.
 */

import type { NodeNumbers, NodeSpan } from "../../adapter/numbers.ts";
import type { Clock } from "../../model/clock.ts";
import { Fault } from "../../model/fault.ts";
import type { FieldType, Generator } from "../../model/field.ts";
import type { Value } from "../../model/value.ts";

/** A sequence is not made here: the store gives it out. */
export type LocalGenerator = Exclude<Generator, "sequence">;

export interface Generators {
  /** A new value of the field's type: text; 16 raw bytes in a bytes field; a number in an integer field. */
  next(generator: LocalGenerator, type: FieldType): Value;
  /** The same, with Snowflakes whose node number is the store's to give. */
  within(nodes: NodeNumbers): Generators;
}

export interface GeneratorOptions {
  readonly clock: Clock;
  /** Unpredictable bytes. */
  readonly random: (bytes: number) => Uint8Array;
  /** 0 to 1023, different for every process that writes to the same store. */
  readonly node: number;
}

export function createGenerators(options: GeneratorOptions): Generators {
  if (!Number.isInteger(options.node) || options.node < 0 || options.node > 1023)
    throw new RangeError(`node is ${options.node}; it must be a whole number from 0 to 1023`);
  const uuidV7 = createUuidV7(options);
  const ulid = createUlid(options);
  const snowflake = createSnowflake(options);
  const generatorsOf = (nodes: NodeNumbers): Generators => ({
    next: (generator, type) => {
      switch (generator) {
        case "uuid_v7":
          return uuidValue(uuidV7(), type);
        case "uuid_v4":
          return uuidValue(uuidV4(options.random), type);
        case "ulid":
          return ulidValue(ulid(), type);
        case "snowflake":
          return numberValue(snowflake(nodes.current()), type);
      }
    },
    within: generatorsOf,
  });
  const own: NodeSpan = { number: options.node, after: -Infinity, until: Infinity };
  return generatorsOf({ current: () => own });
}

function milliseconds(clock: Clock): number {
  return Math.max(0, Number(clock.now() / 1_000_000n));
}

function uuidValue(bytes: Uint8Array, type: FieldType): Value {
  if (type.kind === "bytes") return bytes;
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function ulidValue(bytes: Uint8Array, type: FieldType): Value {
  return type.kind === "bytes" ? bytes : crockford(bytes);
}

function numberValue(id: bigint, type: FieldType): Value {
  return type.kind === "string" ? id.toString() : id;
}

/** Version and variant (RFC 9562, 4.1 and 4.2) into 16 bytes. */
function mark(bytes: Uint8Array, version: number): Uint8Array {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes;
}

function uuidV4(random: GeneratorOptions["random"]): Uint8Array {
  return mark(new Uint8Array(random(16)), 4);
}

/** RFC 9562, 6.2, method 1: the 12 bits behind the milliseconds count, from a random start in their lower half. */
function createUuidV7({ clock, random }: GeneratorOptions): () => Uint8Array {
  let last = -1;
  let counter = 0;
  return () => {
    const bytes = new Uint8Array(random(16));
    const now = milliseconds(clock);
    if (now <= last && counter < 0xfff) counter++;
    else {
      last = Math.max(now, last + 1);
      counter = (((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0)) & 0x7ff;
    }
    writeTime(bytes, last);
    bytes[6] = counter >> 8;
    bytes[7] = counter & 0xff;
    return mark(bytes, 7);
  };
}

/** 48 bits of milliseconds and 80 random ones, which count upwards while the moment is the same. */
function createUlid({ clock, random }: GeneratorOptions): () => Uint8Array {
  let last = -1;
  let latest = new Uint8Array(16);
  return () => {
    const now = milliseconds(clock);
    const next = now <= last ? increased(latest) : undefined;
    if (next) latest = next;
    else {
      last = Math.max(now, last + 1);
      latest = new Uint8Array(16);
      latest.set(random(10), 6);
      writeTime(latest, last);
    }
    return Uint8Array.from(latest);
  };
}

/** One more in the last 10 bytes; undefined where they are used up. */
function increased(ulid: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const next = Uint8Array.from(ulid);
  for (let i = 15; i >= 6; i--) {
    const byte = next[i] ?? 0;
    next[i] = (byte + 1) & 0xff;
    if (byte !== 0xff) return next;
  }
  return undefined;
}

/** 48 bits in front, the highest first; bitwise operators know 32. */
function writeTime(bytes: Uint8Array, milliseconds: number): void {
  const [high, low] = [Math.floor(milliseconds / 2 ** 32), milliseconds >>> 0];
  bytes[0] = high >>> 8;
  bytes[1] = high;
  bytes[2] = low >>> 24;
  bytes[3] = low >>> 16;
  bytes[4] = low >>> 8;
  bytes[5] = low;
}

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** 128 bits as 26 characters of 5 bits, the first of 3. */
function crockford(bytes: Uint8Array): string {
  let text = "";
  let bits = 2; // two leading zero bits make 130
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += CROCKFORD.charAt((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return text;
}

/** 2024-01-01T00:00:00Z in milliseconds. */
const SNOWFLAKE_EPOCH = 1_704_067_200_000;

function createSnowflake({ clock }: GeneratorOptions): (span: NodeSpan) => bigint {
  let last = -1;
  let sequence = 0;
  return ({ number, after, until }) => {
    const now = Math.max(0, milliseconds(clock) - SNOWFLAKE_EPOCH, after + 1 - SNOWFLAKE_EPOCH);
    if (now <= last && sequence < 0xfff) sequence++;
    else {
      last = Math.max(now, last + 1);
      sequence = 0;
    }
    if (last + SNOWFLAKE_EPOCH > until)
      throw new Fault("STORE_UNAVAILABLE", "the store has not renewed this process's node number in time; ask again", {
        retryAfter: 1_000,
      });
    return (BigInt(last) << 22n) | (BigInt(number) << 12n) | BigInt(sequence);
  };
}
