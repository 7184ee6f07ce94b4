/** Timestamps and durations as protobuf's JSON writes them, from and to nanoseconds. */

const SECOND = 1_000_000_000n;

/** RFC 3339 in UTC with as many of 0, 3, 6 or 9 fraction digits as it takes. Years 1 to 9999. */
export function timestampText(nanos: bigint): string {
  const { seconds, rest } = split(nanos);
  const text = new Date(Number(seconds) * 1000).toISOString();
  return `${text.slice(0, 19)}${fraction(rest)}Z`;
}

/** Milliseconds. */
const YEAR_1 = -62_135_596_800_000;

const TIMESTAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/;

export function parseTimestamp(text: string): bigint | undefined {
  const match = TIMESTAMP.exec(text);
  if (!match) return undefined;
  const milliseconds = millisecondsOf(match[1] ?? "");
  if (milliseconds === undefined) return undefined;
  return BigInt(milliseconds / 1000) * SECOND + BigInt((match[2] ?? "").padEnd(9, "0"));
}

/** Of a text such as `2026-01-02T03:04:05` in UTC; undefined before the year 1, after the year 9999, and on a day that is none. */
export function millisecondsOf(text: string): number | undefined {
  const milliseconds = Date.parse(`${text}Z`);
  // Date takes 30 February for 1 March, and 24 o'clock for the next day.
  const isNone = !(milliseconds >= YEAR_1) || new Date(milliseconds).getUTCDate() !== Number(text.slice(8, 10));
  return isNone ? undefined : milliseconds;
}

/** Seconds with a fraction and an "s". */
export function durationText(nanos: bigint): string {
  if (nanos < 0n) return `-${durationText(-nanos)}`;
  return `${nanos / SECOND}${fraction(nanos % SECOND)}s`;
}

const DURATION = /^(-?)(\d+)(?:\.(\d{1,9}))?s$/;

export function parseDuration(text: string): bigint | undefined {
  const match = DURATION.exec(text);
  if (!match) return undefined;
  const nanos = BigInt(match[2] ?? "0") * SECOND + BigInt((match[3] ?? "").padEnd(9, "0"));
  return match[1] ? -nanos : nanos;
}

function split(nanos: bigint): { readonly seconds: bigint; readonly rest: bigint } {
  const rest = ((nanos % SECOND) + SECOND) % SECOND;
  return { seconds: (nanos - rest) / SECOND, rest };
}

function fraction(nanos: bigint): string {
  if (nanos === 0n) return "";
  const digits = nanos.toString().padStart(9, "0");
  if (digits.endsWith("000000")) return `.${digits.slice(0, 3)}`;
  return digits.endsWith("000") ? `.${digits.slice(0, 6)}` : `.${digits}`;
}
