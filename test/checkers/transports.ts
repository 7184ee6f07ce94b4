// The transports that are checked, and methods served by one of them in this process.
import { createRefusals } from "../../src/service/status.ts";
import { listenGrpc } from "../../src/transport/grpc-js.ts";
import { listenNative } from "../../src/transport/native.ts";
import {
  Rejected,
  type Listen,
  type Listener,
  type ListenOptions,
  type TransportLimits,
  type TransportRefusal,
} from "../../src/transport/transport.ts";

const listens: { readonly [name in "native" | "grpc-js"]: Listen } = { native: listenNative, "grpc-js": listenGrpc };

export type TransportName = keyof typeof listens;

const limits: TransportLimits = {
  messageBytes: 4_194_304,
  headerBytes: 65_536,
  headerPairs: 256,
  connections: 1_000,
  streamsPerConnection: 1_000,
  callsInFlight: 1_000,
  bytesInFlight: 268_435_456,
  readTimeout: 30_000,
  slowConsumer: 30_000,
  handshakeTimeout: 5_000,
  idleConnection: 600_000,
  keepalive: 60_000,
};

/** Serves on a free port of 127.0.0.1. */
export function listenOn(
  transport: TransportName,
  methods: ListenOptions["methods"],
  changed: Partial<TransportLimits> = {},
): Promise<Listener> {
  return listens[transport]({
    address: "127.0.0.1:0",
    methods,
    limits: { ...limits, ...changed },
    refuse: bare,
  });
}

const refusals = createRefusals();

/** The product's refusals without their details: checkers count those, and expect none. */
function bare(refusal: TransportRefusal): Rejected {
  const { code, message, pushback } = refusals(refusal);
  return new Rejected(code, message, new Uint8Array(), pushback);
}
