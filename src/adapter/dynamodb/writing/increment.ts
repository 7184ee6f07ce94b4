/** Increments by the database's own `ADD`: whole numbers and decimals of up to 38 digits, which it adds exactly. */

import { decimalText } from "../../../model/decimal.ts";
import type { Field, FieldType } from "../../../model/field.ts";
import type { Change } from "../../../model/mutation.ts";
import type { AttributeValue } from "../driver.ts";

type Increment = Extract<Change, { readonly kind: "increment" }>;

/** What is added, and where the stored number must lie so that the sum is of its type; undefined where the database would not add exactly. */
export function boundsOf(
  { type }: Field,
  { by }: Increment,
): { readonly by: AttributeValue; readonly least: AttributeValue; readonly most: AttributeValue } | undefined {
  const range = rangeOf(type);
  if (!range || (typeof by === "number" && !Number.isSafeInteger(by))) return undefined;
  const [least, most] = range;
  const step = BigInt(by);
  if (step < least || step > most) return undefined; // an absent value counts as 0
  const scale = type.kind === "decimal" ? type.scale : 0;
  const at = (number: bigint): AttributeValue => ({ N: decimalText(number, scale) });
  const [from, to] = [step < 0n ? least - step : least, step > 0n ? most - step : most];
  return { by: at(step), least: at(from), most: at(to) };
}

function rangeOf(type: FieldType): readonly [bigint, bigint] | undefined {
  switch (type.kind) {
    case "int32":
      return [-(2n ** 31n), 2n ** 31n - 1n];
    case "uint32":
      return [0n, 2n ** 32n - 1n];
    case "int64":
      return [-(2n ** 63n), 2n ** 63n - 1n];
    case "uint64":
      return [0n, 2n ** 64n - 1n];
    case "decimal":
      return type.precision <= 38
        ? [1n - 10n ** BigInt(type.precision), 10n ** BigInt(type.precision) - 1n]
        : undefined;
    case "float": // the database adds in decimals
    case "double":
    case "bool":
    case "string":
    case "bytes":
    case "enum":
    case "timestamp":
    case "duration":
    case "message":
    case "list":
    case "map":
      return undefined;
  }
}
