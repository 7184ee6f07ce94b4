/** Rows as bytes: what is read of a row in part is what all of it says. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { rowCodec } from "../../../../src/adapter/ordered/row-bytes.ts";
import { DocumentError } from "../../../../src/adapter/document/json.ts";
import { equalRecords } from "../../../../src/model/compare.ts";
import { emptyRecord, normalise } from "../../../../src/model/record.ts";
import { absentValue } from "../../../../src/model/zero.ts";
import { anyRecord } from "../sqlite/records.ts";
import { entity } from "../sqlite/store.ts";

const everything = entity("test.v1.Everything");

it("are read as they were written, and in part as they are read whole", () => {
  const codec = rowCodec(everything);
  const rows = anyRecord(everything, () => undefined);
  const some = fc.uniqueArray(fc.nat({ max: everything.fields.length - 1 }));
  fc.assert(
    fc.property(rows, some, (random, ordinals) => {
      const record = normalise(everything.message, random);
      const bytes = codec.encode(record);
      const whole = codec.decode(bytes);
      expect(equalRecords(everything.message, whole, record)).toBe(true);
      const part = everything.fields.map((field) => (ordinals.includes(field.ordinal) ? whole[field.ordinal] : absentValue(field)));
      expect(codec.decode(bytes, new Set(ordinals))).toEqual(part);
    }),
    { numRuns: 60 },
  );
}); // prettier-ignore

it("are malformed where a field goes on behind their end, or nothing is as it should be", () => {
  const codec = rowCodec(everything);
  const bytes = codec.encode(normalise(everything.message, [...emptyRecord(everything.message)].fill("key", 0, 1)));
  expect(() => codec.decode(bytes)).not.toThrow();
  expect(() => codec.decode(bytes.subarray(0, -1))).toThrow(DocumentError);
  expect(() => codec.decode(Buffer.alloc(0))).toThrow(DocumentError);
  // A field that nobody knows, said to be longer than what is there.
  expect(() => codec.decode(Buffer.concat([bytes, Buffer.from([0xff, 0x7f, 5, 1])]))).toThrow(DocumentError);
});
