// Our client's transports against the interop server of grpc-go, as far as calls of one request go.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { openGrpcJs } from "../../clients/typescript/transport/grpc-js.ts";
import { openChannel } from "../../clients/typescript/transport/native/channel.ts";
import { readTarget } from "../../clients/typescript/transport/target.ts";
import { CallFailure, type OutgoingCall, type Transport } from "../../clients/typescript/transport/transport.ts";
import { goTool } from "../servers/go-tool.ts";
import { freePort } from "../servers/run-server.ts";
import { codecOf, compiled, objectIn, textIn, type Codec } from "./messages.ts";
import type { TransportName } from "./transports.ts";
import type { JsonObject } from "@bufbuild/protobuf";

/** Of grpc's own list; the others need streams of requests, compression, credentials, or the metadata of an answer, which a caller is not shown. */
export const clientCases = [
  "empty_unary", "large_unary", "server_streaming", "status_code_and_message", "special_status_message",
  "unimplemented_method", "unimplemented_service", "timeout_on_sleeping_server", "cancel_after_begin",
  "cancel_after_first_response", "rpc_soak", "channel_soak",
] as const; // prettier-ignore

export type ClientCase = (typeof clientCases)[number];

export interface InteropServer {
  /** @throws Error with what was not as the case wants it */
  run(name: ClientCase, transport: TransportName): Promise<void>;
  close(): Promise<void>;
}

const openers = { native: openChannel, "grpc-js": openGrpcJs } as const;

export async function interopServer(): Promise<InteropServer> {
  const file = await goTool({
    name: "grpc-interop-server",
    package: "google.golang.org/grpc/interop/server",
    version: "v1.85.0",
    namedBy: "PANNIER_TEST_GRPC_INTEROP_SERVER",
  });
  const codec = codecOf(await compiled(fileURLToPath(new URL("proto", import.meta.url))), "grpc.testing");
  const port = await freePort();
  const server = spawn(file, [`--port=${port}`], { stdio: "ignore" });
  const target = readTarget({ target: `127.0.0.1:${port}` }, {});
  return {
    run: async (name, transport) => {
      const open = (): Transport => openers[transport]({ target, keepalive: 20_000, largestAnswer: 16_777_216 });
      const opened = open();
      try {
        await cases[name](new Caller(opened, codec), () => new Caller(open(), codec));
      } finally {
        await opened.close(0);
      }
    },
    close: async () => {
      const closed = once(server, "close");
      server.kill();
      await closed;
    },
  };
}

class Caller {
  readonly transport: Transport;
  readonly #codec: Codec;

  constructor(transport: Transport, codec: Codec) {
    this.transport = transport;
    this.#codec = codec;
  }

  async unary(method: string, types: Types, request: JsonObject, more: More = {}): Promise<JsonObject> {
    const answer = await this.transport.unary(this.#outgoing(method, types, request, more));
    return this.#codec.read(types.output, answer);
  }

  async *stream(method: string, types: Types, request: JsonObject, more: More = {}): AsyncGenerator<JsonObject> {
    for await (const message of this.transport.stream(this.#outgoing(method, types, request, more)))
      yield this.#codec.read(types.output, message);
  }

  #outgoing(method: string, { input }: Types, request: JsonObject, more: More): OutgoingCall {
    const path = method.includes("/") ? method : `/grpc.testing.TestService/${method}`;
    const common = { timeout: 60_000, wait: 60_000, metadata: [], signal: undefined };
    return { ...common, path, request: this.#codec.write(input, request), ...more };
  }
}

type More = Partial<Pick<OutgoingCall, "timeout" | "signal">>;
interface Types {
  readonly input: string;
  readonly output: string;
}

const empty: Types = { input: "Empty", output: "Empty" };
const simple: Types = { input: "SimpleRequest", output: "SimpleResponse" };
const streaming: Types = { input: "StreamingOutputCallRequest", output: "StreamingOutputCallResponse" };
const sizes = [31_415, 9, 2_653, 58_979];
const special = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";

const cases: { readonly [name in ClientCase]: (caller: Caller, another: () => Caller) => Promise<void> } = {
  empty_unary: async (caller) => {
    await caller.unary("EmptyCall", empty, {});
  },
  large_unary: (caller) => large(caller),
  server_streaming: async (caller) => {
    const found: number[] = [];
    const responseParameters = sizes.map((size) => ({ size }));
    for await (const answer of caller.stream("StreamingOutputCall", streaming, { responseParameters }))
      found.push(bodyOf(answer).length);
    same(found, sizes);
  },
  status_code_and_message: (caller) => status(caller, "test status message"),
  special_status_message: (caller) => status(caller, special),
  unimplemented_method: (caller) => unimplemented(caller, "UnimplementedCall"),
  unimplemented_service: (caller) => unimplemented(caller, "/grpc.testing.UnimplementedService/UnimplementedCall"),
  timeout_on_sleeping_server: async (caller) => {
    await caller.unary("EmptyCall", empty, {}); // or the time is over before there is a connection, and nothing is sent
    const request = { responseParameters: [{ size: 31_415, intervalUs: 60_000_000 }] };
    const failure = await failureOf(all(caller.stream("StreamingOutputCall", streaming, request, { timeout: 100 })));
    same(failure.code, 4);
  },
  cancel_after_begin: async (caller) => {
    const cancelling = new AbortController();
    const call = failureOf(
      all(caller.stream("StreamingOutputCall", streaming, sleeping, { signal: cancelling.signal })),
    );
    setImmediate(() => cancelling.abort());
    same((await call).code, 1);
  },
  cancel_after_first_response: async (caller) => {
    const cancelling = new AbortController();
    const failure = await failureOf(
      (async () => {
        for await (const answer of caller.stream("StreamingOutputCall", streaming, sleeping, {
          signal: cancelling.signal,
        })) {
          same(bodyOf(answer).length, 1);
          cancelling.abort();
        }
      })(),
    );
    same(failure.code, 1);
  },
  rpc_soak: async (caller) => {
    await Promise.all(Array.from({ length: 8 }, async () => repeat(25, () => large(caller))));
  },
  channel_soak: async (_, another) => {
    await repeat(20, async () => {
      const caller = another();
      await large(caller);
      await caller.transport.close(0);
    });
  },
};

/** One answer at once, the next in a minute. */
const sleeping: JsonObject = { responseParameters: [{ size: 1 }, { size: 1, intervalUs: 60_000_000 }] };

async function large(caller: Caller): Promise<void> {
  const request = { responseSize: 314_159, payload: { body: Buffer.alloc(271_828).toString("base64") } };
  same(bodyOf(await caller.unary("UnaryCall", simple, request)).length, 314_159);
}

async function status(caller: Caller, message: string): Promise<void> {
  const failure = await failureOf(caller.unary("UnaryCall", simple, { responseStatus: { code: 2, message } }));
  same([failure.code, failure.message], [2, message]);
}

async function unimplemented(caller: Caller, method: string): Promise<void> {
  same((await failureOf(caller.unary(method, empty, {}))).code, 12);
}

async function repeat(times: number, act: () => Promise<void>): Promise<void> {
  for (let i = 0; i < times; i++) await act();
}

async function all(stream: AsyncIterable<JsonObject>): Promise<void> {
  for await (const _ of stream);
}

async function failureOf(call: Promise<unknown>): Promise<CallFailure> {
  try {
    await call;
  } catch (error) {
    if (error instanceof CallFailure) return error;
    throw error;
  }
  throw new Error("the call was answered");
}

function bodyOf(answer: JsonObject): Buffer {
  return Buffer.from(textIn(objectIn(answer, "payload"), "body"), "base64");
}

function same(found: unknown, wanted: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted))
    throw new Error(`${JSON.stringify(found)} where ${JSON.stringify(wanted)} was wanted`);
}
