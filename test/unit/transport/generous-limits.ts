import type { TransportLimits } from "../../../src/transport/transport.ts";

/** Limits that no test meets by itself, however slow its machine. */
export const generousLimits: TransportLimits = {
  messageBytes: 1_024,
  headerBytes: 8_192,
  headerPairs: 64,
  connections: 100,
  streamsPerConnection: 1_000,
  callsInFlight: 1_000,
  bytesInFlight: 1_000_000,
  readTimeout: 600_000,
  slowConsumer: 600_000,
  handshakeTimeout: 600_000,
  idleConnection: 600_000,
  keepalive: 600_000,
};
