/** records from bytes and back, with protobuf-es as the oracle. */

import { equals, fromBinary, isMessage, toBinary } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileCodec } from "../../../../src/schema/codec/compile.ts";
import { Reader } from "../../../../src/schema/codec/reader.ts";
import { Writer } from "../../../../src/schema/codec/writer.ts";
import { normalise } from "../../../../src/model/record.ts";
import { mostBytes, recordBytes } from "../../../../src/model/size.ts";
import type { EntityRecord } from "../../../../src/model/value.ts";
import { Fault } from "../../../../src/model/fault.ts";
import { LIMITS, loadEntities, type EntityUnderTest } from "./entity-under-test.ts";
import { encoded, randomMessage } from "./random-message.ts";

const entities = await loadEntities();

function codecOf({ model }: EntityUnderTest): {
  decode(bytes: Uint8Array): EntityRecord;
  encode(record: EntityRecord): Buffer;
} {
  const { record } = compileCodec(model, LIMITS);
  return {
    decode: (bytes) => record.decode(new Reader(bytes), bytes.length),
    encode: (value) => {
      const writer = new Writer();
      record.encode(value, writer);
      return writer.finish();
    },
  };
}

/** Whether a duration in it has the seconds of one message and nanos of another sign: no duration, and refused. */
function hasMixedSigns(value: unknown): boolean {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  if (isMessage(value, DurationSchema)) return Number(value.seconds) * value.nanos < 0;
  return Object.values(value).some(hasMixedSigns);
}

describe.each([...entities].map(([name, entity]) => ({ name, entity })))("a record of $name", ({ entity }) => {
  const codec = codecOf(entity);

  it("says what protobuf-es said, after decoding and encoding", () => {
    fc.assert(
      fc.property(randomMessage(entity.desc), (message) => {
        const bytes = encoded(message);
        const again = fromBinary(entity.desc, codec.encode(codec.decode(bytes)));
        expect(equals(entity.desc, again, fromBinary(entity.desc, bytes))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("has the same bytes in normal form, and when it is encoded again", () => {
    fc.assert(
      fc.property(randomMessage(entity.desc), (message) => {
        const record = codec.decode(encoded(message));
        const bytes = codec.encode(record);
        expect(codec.encode(codec.decode(bytes)).equals(bytes)).toBe(true);
        const normal = codec.encode(normalise(entity.model.message, record));
        const again = codec.encode(normalise(entity.model.message, codec.decode(normal)));
        expect(again.equals(normal)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("is said to have about as many bytes as it has", () => {
    fc.assert(
      fc.property(randomMessage(entity.desc), (message) => {
        const record = codec.decode(encoded(message));
        const bytes = codec.encode(record).length;
        const said = recordBytes(entity.model.message, record);
        // A time just beside a whole second counts as one, without its nanos.
        expect(said).toBeGreaterThanOrEqual(bytes * 0.9 - 8 * entity.model.fields.length);
        expect(said).toBeLessThanOrEqual(bytes * 1.2 + 2 * entity.model.fields.length);
        expect(mostBytes(record)).toBeGreaterThanOrEqual(Math.max(said, bytes));
      }),
      { numRuns: 200 },
    );
  });

  it("is the merge of two messages when their bytes stand one after the other", () => {
    fc.assert(
      fc.property(randomMessage(entity.desc), randomMessage(entity.desc), (a, b) => {
        const bytes = Buffer.concat([encoded(a), encoded(b)]);
        const merged = fromBinary(entity.desc, bytes);
        fc.pre(!hasMixedSigns(merged));
        const again = fromBinary(entity.desc, codec.encode(codec.decode(bytes)));
        expect(toBinary(entity.desc, again).length).toBe(toBinary(entity.desc, merged).length);
        expect(equals(entity.desc, again, merged)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("is refused with a Fault, whatever the bytes are", () => {
    const attempt = (bytes: Uint8Array): boolean => {
      try {
        codec.decode(bytes);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
      }
      return true;
    };
    expect(fc.check(fc.property(fc.uint8Array({ maxLength: 200 }), attempt), { numRuns: 300 }).failed).toBe(false);
    const damaged = fc.tuple(randomMessage(entity.desc), fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean());
    fc.assert(
      fc.property(damaged, ([message, at, byte, cut]) => {
        const bytes = Buffer.from(encoded(message));
        if (bytes.length === 0) return true;
        bytes[at % bytes.length] = byte;
        return attempt(cut ? bytes.subarray(0, at % bytes.length) : bytes);
      }),
      { numRuns: 100 },
    );
  });
});
