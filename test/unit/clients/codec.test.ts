// The client's codec and protobuf-es read what the other writes, for every kind of field.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FieldError, readMessage } from "../../../clients/typescript/codec/message-codec.ts";
import { MalformedError } from "../../../clients/typescript/codec/reader.ts";
import type { ScalarKind } from "../../../clients/typescript/schema/tables.ts";
import { desc, encoded, names, table, value } from "./every-kind.ts";

/** What protobuf-es holds, as it writes it itself. */
function rewritten(bytes: Uint8Array): Uint8Array {
  return toBinary(desc, fromBinary(desc, bytes));
}

test("what is written reads alike in protobuf-es, and comes back", () => {
  fc.assert(
    fc.property(value, (given) => {
      const bytes = encoded(given);
      const read = readMessage(table, rewritten(bytes));
      expect(readMessage(table, bytes)).toEqual(read);
      const own = Object.entries(given).filter(([name, member]) => name !== "own" && member !== undefined);
      for (const [name, member] of own) expect(plain(read[name])).toEqual(plain(member));
      expect(rewritten(encoded(read))).toEqual(rewritten(bytes));
    }),
    { numRuns: 300 },
  );
});

/** −0 and 0 are one where a field has no presence; a Buffer is bytes like any. */
function plain(member: unknown): unknown {
  if (Array.isArray(member)) return member.map(plain);
  return member instanceof Uint8Array ? [...member] : Object.is(member, -0) ? 0 : member;
}

test("bytes that are no message are refused, and never hang", () => {
  fc.assert(
    fc.property(value, fc.nat(), fc.uint8Array({ maxLength: 4 }), (given, at, noise) => {
      const bytes = encoded(given);
      const cut = Buffer.concat([bytes.subarray(0, at % (bytes.length + 1)), noise]);
      let error: unknown;
      try {
        readMessage(table, cut);
      } catch (thrown) {
        error = thrown;
      }
      expect(error === undefined || error instanceof MalformedError || error instanceof RangeError).toBe(true);
    }),
    { numRuns: 500 },
  );
});

describe("a value that does not fit", () => {
  test.each<[ScalarKind, unknown]>([
    ["int32", 2_147_483_648],
    ["int32", 1.5],
    ["uint32", -1],
    ["int64", 1],
    ["int64", 2n ** 63n],
    ["uint64", -1n],
    ["string", 1],
    ["bool", 1],
    ["bytes", "text"],
    ["double", "1"],
  ])("%s: %s", (kind, wrong) => {
    const name = `o${names.indexOf(kind)}`;
    expect(() => encoded({ own: { [name]: wrong } })).toThrow(FieldError);
    expect(() => encoded({ own: { [name]: wrong } })).toThrow(`own.${name}`);
  });
});
