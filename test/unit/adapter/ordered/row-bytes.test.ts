/** Rows as bytes: what is read of a row in part is what all of it says. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { rowCodec } from "../../../../src/adapter/ordered/row-bytes.ts";
import { equalRecords } from "../../../../src/model/compare.ts";
import { normalise } from "../../../../src/model/record.ts";
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
