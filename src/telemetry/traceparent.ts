/** The caller's place in a trace, as W3C Trace Context writes it: https://www.w3.org/TR/trace-context/#traceparent-header. */

export interface Traceparent {
  /** 32 hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 hexadecimal digits, not all zero. */
  readonly spanId: string;
  readonly flags: number;
}

/** Later versions may have more after the flags; version ff is none. Undefined when malformed, as if it were not there. */
export function parseTraceparent(text: string | undefined): Traceparent | undefined {
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(text ?? "");
  const [, version, traceId = "", spanId = "", flags = "", more] = match ?? [];
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) & 1 };
}
