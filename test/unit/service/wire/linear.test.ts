/** Decoding is linear in bytes: a field that is repeated many times costs what its bytes cost, and no more. */

import { reflect } from "@bufbuild/protobuf/reflect";
import { toBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { compileCodec } from "../../../../src/schema/codec/compile.ts";
import { createWire } from "../../../../src/service/wire/create-wire.ts";
import type { RepositoryMethod } from "../../../../src/service/wire/wire.ts";
import { LIMITS, loadEntities } from "../../schema/codec/entity-under-test.ts";

const everything = (await loadEntities()).get("test.v1.Everything")!;
const wire = createWire(compileCodec(everything.model, LIMITS));

/** Every field of a request that holds a message or a mask, as the bytes of one small one. */
const fields: readonly (readonly [RepositoryMethod, number, Buffer])[] = [
  ["Create", 1, entity()],
  ["Create", 12, mask("name")],
  ["Update", 1, entity()],
  ["Update", 2, mask("name")],
  ["Update", 5, entity()],
  ["Update", 6, entity()],
  ["Update", 7, entity()],
  ["List", 6, mask("name")],
];

function entity(): Buffer {
  const message = reflect(everything.desc);
  message.set(everything.desc.field["id"]!, "a key of some length, forty bytes or so");
  return Buffer.from(toBinary(everything.desc, message.message));
}

function mask(path: string): Buffer {
  return Buffer.concat([Buffer.from([10, path.length]), Buffer.from(path)]);
}

function repeated(number: number, content: Buffer, times: number): Buffer {
  const one = Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);
  return Buffer.concat(Array.from({ length: times }, () => one));
}

/** The fastest of a few, in CPU time, so that a busy machine does not count. */
function cost(method: RepositoryMethod, bytes: Buffer): number {
  let least = Infinity;
  for (let run = 0; run < 5; run++) {
    const before = process.cpuUsage();
    wire[method].decode(bytes);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return least;
}

it.each(fields)(
  "a %s whose field %i comes 16 times as often costs about 16 times as much",
  (method, number, content) => {
    const few = cost(method, repeated(number, content, 1_250));
    const many = cost(method, repeated(number, content, 20_000));
    // Linear is 16; copying what came before each time is 256.
    expect(many / Math.max(few, 100)).toBeLessThan(64);
  },
);
