// What a peer saw of its call or its connection, in the terms of the table.
import type { Outcome } from "../../integration/sidecar.ts";
import { outcomeOf, type RawConnection, type StreamEnd } from "./connection.ts";

/** What came of it: a call's end, or what became of the connection. */
export type Seen = Outcome | WireSeen;

export interface WireSeen {
  readonly kind: "wire";
  readonly closed?: boolean;
  readonly goaway?: number | undefined;
  readonly reset?: number | undefined;
  readonly http?: number;
}

/** Of a stream: the status of gRPC, or what came instead. */
export function seen(end: StreamEnd): Seen {
  if (end.headers?.["grpc-status"] !== undefined || end.trailers !== undefined) return outcomeOf(end);
  const { reset, closed, headers } = end;
  return { kind: "wire", closed, reset, ...(headers ? { http: Number(headers[":status"]) } : {}) };
}

/** Of a connection, once the server has closed it. */
export async function seenClosing(connection: RawConnection): Promise<WireSeen> {
  await connection.closed;
  return { kind: "wire", closed: true, goaway: connection.goaway };
}
