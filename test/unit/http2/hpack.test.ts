// HPACK against the examples of RFC 7541 (appendix C), against itself on random fields, and against what must be refused.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createField } from "../../../src/http2/fields.ts";
import { HeadReader } from "../../../src/http2/head-reader.ts";
import { HpackDecoder } from "../../../src/http2/hpack-decoder.ts";
import { HpackEncoder, type Pair } from "../../../src/http2/hpack-encoder.ts";
import { readHead } from "../../../src/http2/message-head.ts";
import { huffmanDecode, huffmanEncode, huffmanLength } from "../../../src/http2/huffman.ts";

const limits = { size: 65_536, count: 1_000 };

function decode(decoder: HpackDecoder, hex: string): readonly Pair[] {
  const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
  return decoder.decode(bytes, 0, bytes.length).fields.map(({ name, value }) => [name, value]);
}

function encoded(text: string): string {
  const target = Buffer.alloc(huffmanLength(text));
  expect(huffmanEncode(text, target, 0)).toBe(target.length);
  return target.toString("hex");
}

describe("the Huffman code", () => {
  test.each([
    ["www.example.com", "f1e3c2e5f23a6ba0ab90f4ff"], ["no-cache", "a8eb10649cbf"], ["custom-key", "25a849e95ba97d7f"],
    ["Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff"],
    ["foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1", "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"],
  ])("%s is %s", (text, hex) => {
    expect(encoded(text)).toBe(hex);
    expect(huffmanDecode(Buffer.from(hex, "hex"), 0, hex.length / 2)).toBe(text);
  }); // prettier-ignore

  test("takes every byte there and back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        const text = Buffer.from(bytes).toString("latin1");
        const hex = encoded(text);
        expect(huffmanDecode(Buffer.from(hex, "hex"), 0, hex.length / 2)).toBe(text);
      }),
    );
  });

  test.each([
    ["a padding of eight bits", "1fff"], ["a padding of zeros", "18"], ["the end of string inside", "3fffffff"], ["a code that is cut", "ff"],
  ])("refuses %s", (_what, hex) => {
    expect(huffmanDecode(Buffer.from(hex, "hex"), 0, hex.length / 2)).toBeUndefined();
  }); // prettier-ignore
});

describe("the decoder", () => {
  test("reads the requests of C.3 and C.4, with and without Huffman, on one table", () => {
    const first: readonly Pair[] = [[":method", "GET"], [":scheme", "http"], [":path", "/"], [":authority", "www.example.com"]]; // prettier-ignore
    for (const blocks of [
      ["828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865", "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565"],
      ["828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf", "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"],
    ]) {
      const decoder = new HpackDecoder(limits);
      const [one = "", two = "", three = ""] = blocks;
      expect(decode(decoder, one)).toEqual(first);
      expect(decode(decoder, two)).toEqual([...first, ["cache-control", "no-cache"]]);
      expect(decode(decoder, three)).toEqual([
        [":method", "GET"], [":scheme", "https"], [":path", "/index.html"], [":authority", "www.example.com"], ["custom-key", "custom-value"],
      ]);
    } // prettier-ignore
  });

  test("lets go of the oldest fields when the table is full", () => {
    const decoder = new HpackDecoder(limits);
    const literal = (value: string): string => `4001787f${(value.length - 127).toString(16).padStart(2, "0")}${Buffer.from(value).toString("hex")}`; // prettier-ignore
    decode(decoder, "3fe11f"); // 4,096, as it was
    for (let i = 0; i < 30; i++) decode(decoder, literal(String(i).padStart(180, "v"))); // 213 each, so 19 remain
    expect(decode(decoder, "be")).toEqual([["x", "29".padStart(180, "v")]]);
    expect(decode(decoder, "d0")).toEqual([["x", "11".padStart(180, "v")]]);
    expect(() => decode(decoder, "d1")).toThrow("outside the tables");
  });

  test.each([
    ["the index 0", "80"], ["an index beyond the tables", "be"], ["an integer without end", "ffffffffffff"], ["a cut string", "400361"],
    ["a size update behind a field", "8220"], ["a size update beyond the setting", "3fe21f"], ["a name that is cut", "0005616263"],
    ["Huffman that is none", "008118"],
  ])("refuses %s", (_what, hex) => {
    expect(() => decode(new HpackDecoder(limits), hex)).toThrow(expect.objectContaining({ name: "ConnectionError", code: 9 }));
  }); // prettier-ignore

  test("counts what is beyond the limits and keeps none of it", () => {
    const decoder = new HpackDecoder({ size: 10_000, count: 100 });
    const block = Buffer.concat([
      Buffer.from("4001617fa11e", "hex"), // "a", and a value of 4,000 bytes
      Buffer.alloc(4_000, "v"),
      Buffer.alloc(10_000, 0xbe),
    ]);
    const { fields, size, count, isCut } = decoder.decode(block, 0, block.length);
    expect([fields.length, size, count, isCut]).toEqual([2, 10_001 * 4_033, 10_001, true]);
  });
});

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/);
const value = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const block = fc.record({
  indexed: fc.array(fc.tuple(name, value), { maxLength: 6 }),
  more: fc.array(fc.tuple(name, value), { maxLength: 4 }),
  table: fc.option(fc.constantFrom(0, 100, 1_024, 2_000, 4_096, 65_536)),
  again: fc.boolean(),
});

describe("the encoder", () => {
  test("is read back by the decoder, whatever the table's size becomes and whichever lists repeat", () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 20 }), (blocks) => {
        const encoder = new HpackEncoder();
        const decoder = new HpackDecoder({ size: Infinity, count: Infinity });
        for (const { indexed, more, table, again } of blocks) {
          if (table !== null) encoder.limitTable(table);
          for (let round = 0; round < (again ? 3 : 1); round++) {
            const target = Buffer.alloc(HpackEncoder.most(indexed, more));
            const end = encoder.encode(indexed, more, target, 0);
            expect(decoder.decode(target, 0, end).fields.map((found) => [found.name, found.value])).toEqual([
              ...indexed,
              ...more,
            ]);
          }
        }
      }),
    );
  });

  test("names what the peer remembers by one byte", () => {
    const encoder = new HpackEncoder();
    const fields: readonly Pair[] = [[":status", "200"], ["content-type", "application/grpc"]]; // prettier-ignore
    const target = Buffer.alloc(200);
    const lengths = [1, 2, 3].map(() => encoder.encode(fields, [], target, 0));
    expect(lengths).toEqual([19, 2, 2]);
  });
});

describe("a head whose bytes came before", () => {
  /** Few, so that they repeat, and that the same bytes come to mean another of them. */
  const lists = fc.array(fc.array(fc.tuple(name, fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 90 })), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 5,
  });
  const sent = fc.tuple(lists, fc.array(fc.tuple(fc.nat(), fc.constantFrom<Pair[]>([], [["once", "x"]]), fc.constantFrom(null, null, null, 0, 4_096)), { maxLength: 40 }));

  test("is the head that the decoder would read, also once its table has changed", () => {
    fc.assert(
      fc.property(sent, fc.constantFrom("server" as const, "client" as const), ([pool, picks], role) => {
        const encoder = new HpackEncoder();
        const plain = new HpackDecoder(limits);
        let notes = 0;
        const reader = new HeadReader({ role, limits, note: () => ++notes });
        for (const [pick, more, table] of picks) {
          const fields = pool[pick % pool.length] ?? [];
          if (table !== null) encoder.limitTable(table);
          const target = Buffer.alloc(HpackEncoder.most(fields, more));
          const end = encoder.encode(fields, more, target, 0);
          const { note, ...head } = reader.read(target, 0, end);
          expect(head).toEqual(readHead(plain.decode(target, 0, end), role));
          expect(note === undefined).toBe(head.isMalformed);
        }
      }),
    );
  });
}); // prettier-ignore

test.each([
  ["X-Loud", "1"], ["", "1"], ["a b", "1"], ["ä", "1"], [":", "1"], ["a:b", "1"], ["x", "a\nb"], ["x", "a\0b"], ["x", " a"], ["x", "a\t"], ["x", "\x7f"],
])("the field %j: %j is flawed", (...[badName, badValue]) => {
  expect(createField(badName, badValue).isFlawed).toBe(true);
}); // prettier-ignore
