/** Encodings that sort as their values do, for databases whose native types are too small. */

/**
 * An integer as text whose byte order is the order of the numbers: "1" and the padded digits from zero up, "0" and the
 * nines' complement of the padded digits below.
 *
 * @param digits most digits the number has; all texts of one column must be made with the same
 */
export function orderedText(value: bigint, digits: number): string {
  if (value >= 0n) return `1${value.toString().padStart(digits, "0")}`;
  return `0${(nines(digits) + value).toString().padStart(digits, "0")}`;
}

export function fromOrderedText(text: string): bigint {
  const digits = BigInt(text.slice(1));
  return text.startsWith("1") ? digits : digits - nines(text.length - 1);
}

const NINES: bigint[] = [];

/** The largest number of so many digits. */
function nines(digits: number): bigint {
  return (NINES[digits] ??= 10n ** BigInt(digits) - 1n);
}

const HALF = 2n ** 63n;

/** A uint64 as an int64 in the same order. */
export function signedOf(value: bigint): bigint {
  return value - HALF;
}

export function unsignedOf(value: bigint): bigint {
  return value + HALF;
}

/** The first text after all that begin with `prefix`, in code point order; undefined where there is none. */
export function afterPrefix(prefix: string): string | undefined {
  // From the end: a prefix may be as long as a request, and only its last characters matter.
  for (let end = prefix.length; end > 0;) {
    const last = lastCodePoint(prefix, end);
    const start = end - (last > 0xffff ? 2 : 1);
    if (last !== 0x10_ffff) return prefix.slice(0, start) + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1); // no text holds a surrogate
    end = start;
  }
  return undefined;
}

/** The code point that ends before `end`. */
function lastCodePoint(text: string, end: number): number {
  const pair = end > 1 ? (text.codePointAt(end - 2) ?? 0) : 0;
  return pair > 0xffff ? pair : (text.codePointAt(end - 1) ?? 0);
}
