// The frames of a request, in whatever pieces they come.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameCheck, type FrameFault } from "../../../src/transport/call/message-frames.ts";

const messageBytes = 1_000;

function frame(length: number, flag = 0, body = length): Buffer {
  const bytes = Buffer.alloc(5 + body);
  bytes.writeUInt8(flag, 0);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

/** What is found when the bytes come in pieces of these lengths, again and again. */
function found(bytes: Buffer, lengths: readonly number[], single = true): FrameFault | undefined {
  const check = new FrameCheck({ messageBytes, single });
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const next = at + (lengths[i % lengths.length] ?? 1);
    const fault = check.feed(bytes.subarray(at, next));
    if (fault) return fault;
    at = next;
  }
  return check.end();
}

const pieces = fc.array(fc.integer({ min: 1, max: 1_200 }), { minLength: 1, maxLength: 5 });

describe("a request of one message", () => {
  test.each<[string, Buffer, FrameFault | undefined]>([
    ["one message", frame(10), undefined],
    ["an empty message", frame(0), undefined],
    ["exactly the limit", frame(messageBytes), undefined],
    ["one byte more", frame(messageBytes + 1, 0, 0), "message_too_large"],
    ["4 GiB", frame(0xffff_ffff, 0, 0), "message_too_large"],
    ["nothing", Buffer.alloc(0), "message_count"],
    ["two messages", Buffer.concat([frame(3), frame(3)]), "message_count"],
    ["a byte behind it", Buffer.concat([frame(3), Buffer.alloc(1)]), "message_count"],
    ["half a prefix", frame(3).subarray(0, 4), "malformed"],
    ["a prefix alone", frame(3).subarray(0, 5), "malformed"],
    ["half a message", frame(3).subarray(0, 7), "malformed"],
    ["a compressed flag", frame(3, 1), "malformed"],
    ["a reserved flag", frame(3, 2), "malformed"],
  ])("%s", (_name, bytes, fault) => {
    fc.assert(
      fc.property(pieces, (lengths) => {
        expect(found(bytes, lengths)).toBe(fault);
      }),
    );
  });
});

test("a request of many messages may hold none, and any number within the limit", () => {
  const bodies = fc.array(fc.integer({ min: 0, max: messageBytes }), { maxLength: 10 });
  fc.assert(
    fc.property(bodies, pieces, (lengths, cuts) => {
      expect(found(Buffer.concat(lengths.map((length) => frame(length))), cuts, false)).toBeUndefined();
    }),
  );
});
