/** The header `grpc-timeout`: at most eight digits and a unit (gRPC over HTTP/2, "Timeout"). */

const milliseconds: { readonly [unit: string]: number } = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** Whole milliseconds, cut off: less than one is 0, which is over before it began. Undefined when malformed. */
export function parseTimeout(text: string): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text);
  const unit = milliseconds[match?.[2] ?? ""];
  return unit === undefined ? undefined : Math.floor(Number(match?.[1]) * unit);
}
