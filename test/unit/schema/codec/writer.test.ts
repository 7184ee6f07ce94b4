import { describe, expect, test } from "vitest";
import { Writer } from "../../../../src/schema/codec/writer.ts";

/** Tag and length take no more. */
const PREFIX = 5;

/** One field of so many bytes, all of the same letter. */
function answer(writer: Writer, letter: string, size: number): Buffer {
  writer.uint32(0x0a);
  writer.string(letter.repeat(size));
  return writer.finish();
}

function letters(bytes: Buffer): Set<string> {
  return new Set(bytes.subarray(PREFIX).toString("latin1"));
}

describe("a writer that is used again", () => {
  const sizes = [100, 5_000, 70_000, 3_000_000, 300, 70_001, 64_000, 2_000_000];

  test("leaves every answer it gave out as it was, whatever the sizes", () => {
    const writer = new Writer();
    const given = sizes.map((size, i) => answer(writer, String.fromCharCode(0x61 + i), size));
    given.forEach((bytes, i) => {
      expect(letters(bytes)).toEqual(new Set([String.fromCharCode(0x61 + i)]));
      expect(bytes.length).toBeGreaterThan(sizes[i] ?? 0);
      expect(bytes.length).toBeLessThan((sizes[i] ?? 0) + 8);
    });
  });

  test("keeps no large buffer for a small answer that follows a large one", () => {
    const writer = new Writer();
    answer(writer, "a", 2_000_000);
    answer(writer, "b", 100);
    expect(answer(writer, "c", 10_000).buffer.byteLength).toBeLessThan(100_000);
  });
});
