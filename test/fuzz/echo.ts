// Methods whose answers depend on nothing but the request, for sessions that are sent twice.
import { Rejected, type DuplexMethod, type Method } from "../../src/transport/transport.ts";

const timeout = { maximum: 60_000, fallback: 60_000 };

export const echoMethods: ReadonlyMap<string, Method | DuplexMethod> = new Map<string, Method | DuplexMethod>([
  ["/fuzz.Echo/Unary", { kind: "unary", timeout, handle: async (bytes) => bytes.slice() }],
  [
    "/fuzz.Echo/Refuse",
    { kind: "unary", timeout, handle: () => Promise.reject(new Rejected(9, "not now", new Uint8Array())) },
  ],
  [
    "/fuzz.Echo/Stream",
    {
      kind: "server_stream",
      async *handle(bytes) {
        for (let i = 0; i < 5; i++) yield bytes.slice();
      },
    },
  ],
  ["/fuzz.Echo/Duplex", { kind: "duplex", handle: (requests) => requests }],
]);
