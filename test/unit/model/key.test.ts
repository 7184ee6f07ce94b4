/** Texts of keys: equal exactly when the keys are. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { keyText, type Key } from "../../../src/model/key.ts";

/** Texts of digits, colons and pluses, which a text that is put together has, too. */
const part = fc.oneof(
  fc.string({ unit: fc.constantFrom("1", ":", "+", "a", "é"), maxLength: 4 }),
  fc.bigInt({ min: 0n, max: 20n }),
  fc.uint8Array({ maxLength: 3 }),
);

const isSame = (a: Key, b: Key): boolean =>
  a.every((value, i) => {
    const other = b[i];
    return value instanceof Uint8Array && other instanceof Uint8Array
      ? Buffer.compare(value, other) === 0
      : value === other;
  });

const kindOf = (value: Key[number]): string => (value instanceof Uint8Array ? "bytes" : typeof value);

it.each([1, 2, 3])("keys of %i parts have the same text exactly when they are the same", (length) => {
  const key = fc.array(part, { minLength: length, maxLength: length });
  fc.assert(
    fc.property(key, key, (a, b) => {
      // One entity's keys are of the same kinds.
      fc.pre(a.every((value, i) => kindOf(value) === kindOf(b[i] ?? "")));
      expect(keyText(a) === keyText(b)).toBe(isSame(a, b));
    }),
    { numRuns: 500 },
  );
});
