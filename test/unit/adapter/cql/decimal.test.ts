/** Decimals as the driver gives them: read by their bytes, as their text says. */

import { types } from "cassandra-driver";
import { expect, it } from "vitest";
import { unscaledOf } from "../../../../src/adapter/cql/tables/storage.ts";
import { decimalText } from "../../../../src/model/decimal.ts";

const digits = [1, 2, 3, 8, 9, 10, 19, 20, 38, 77, 78];
const bounds = [8n, 16n, 24n, 31n, 32n, 33n, 63n, 64n, 65n, 128n, 255n, 256n].flatMap((bits) => [-1n, 0n, 1n].map((more) => 2n ** (bits - 1n) + more)); // prettier-ignore
const wholes = [0n, 1n, 127n, 128n, 255n, 256n, ...bounds, ...digits.map((count) => 10n ** BigInt(count) - 1n)];

it.each([0, 1, 2, 18, 78])("of scale %i have the digits that they print, whatever their size and sign", (scale) => {
  for (const whole of wholes.flatMap((each) => [each, -each])) {
    const stored = types.BigDecimal.fromString(decimalText(whole, scale));
    expect(unscaledOf(stored), `${whole}`).toEqual({ unscaled: whole, scale });
  }
});

it("of a scale that a power of ten has no room for are left to their text", () => {
  expect(unscaledOf(new types.BigDecimal(1, 1_001))).toBeUndefined();
  expect(unscaledOf("1.5")).toBeUndefined();
});
