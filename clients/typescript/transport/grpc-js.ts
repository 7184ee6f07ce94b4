/** The transport on @grpc/grpc-js: the reference beside our own, and a way back. */

import type { ClientOptions, ServiceError } from "@grpc/grpc-js";
import { Client, credentials, Metadata, type ChannelCredentials } from "@grpc/grpc-js";
import { TransientSet } from "../../../src/containers/transient-set.ts";
import type { ChannelOptions } from "./native/channel.ts";
import type { Target } from "./target.ts";
import { CallFailure, type OutgoingCall, type Transport } from "./transport.ts";

export function openGrpcJs({ target, keepalive, largestAnswer }: ChannelOptions): Transport {
  const options: ClientOptions = {
    "grpc.max_receive_message_length": largestAnswer,
    "grpc.keepalive_time_ms": keepalive,
    "grpc.keepalive_timeout_ms": keepalive,
    "grpc.enable_retries": 0,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1_000,
    ...(target.tls?.servername === undefined ? {} : { "grpc.ssl_target_name_override": target.tls.servername }),
  };
  const address = target.path === undefined ? `${target.host.includes(":") ? `[${target.host}]` : target.host}:${target.port}` : `unix:${target.path}`; // prettier-ignore
  return new GrpcJs(new Client(address, credentialsOf(target), options));
}

function credentialsOf({ tls }: Target): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  const pem = (text: string | Uint8Array | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
  return credentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.cert));
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
const asIs = (bytes: Buffer): Uint8Array => bytes;

class GrpcJs implements Transport {
  readonly #client: Client;
  readonly #open = new TransientSet<{ cancel(): void }>();
  #isClosed = false;
  #whenIdle: (() => void) | undefined;

  constructor(client: Client) {
    this.#client = client;
  }

  unary(asked: OutgoingCall): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const early = this.#refusal(asked);
      if (early) return reject(early);
      const deadline = deadlineOf(asked);
      const call = this.#client.makeUnaryRequest(
        asked.path,
        asBuffer,
        asIs,
        asked.request,
        metadataOf(asked),
        { deadline },
        (error, answer) => {
          release();
          if (error) reject(this.#failureOf(error, asked, deadline));
          else if (answer) resolve(answer);
          else reject(new CallFailure("invalid", "the answer has no message"));
        },
      );
      const release = this.#hold(call, asked);
    });
  }

  async *stream(asked: OutgoingCall): AsyncGenerator<Uint8Array> {
    const early = this.#refusal(asked);
    if (early) throw early;
    const deadline = deadlineOf(asked);
    const call = this.#client.makeServerStreamRequest(asked.path, asBuffer, asIs, asked.request, metadataOf(asked), {
      deadline,
    });
    const release = this.#hold(call, asked);
    try {
      for await (const message of call as AsyncIterable<Uint8Array>) {
        const { signal } = asked;
        if (signal?.aborted === true)
          throw new CallFailure("cancelled", "the call was cancelled", { cause: signal.reason });
        yield message;
      }
    } catch (error) {
      throw isServiceError(error) ? this.#failureOf(error, asked, deadline) : error;
    } finally {
      release();
      call.on("error", () => {}); // of the cancellation
      call.cancel();
    }
  }

  #refusal({ signal }: OutgoingCall): CallFailure | undefined {
    if (this.#isClosed) return new CallFailure("closed", "the client is closed", { wasSent: false });
    if (signal?.aborted !== true) return undefined;
    return new CallFailure("cancelled", "the call was cancelled", { wasSent: false, cause: signal.reason });
  }

  #hold(call: { cancel(): void }, { signal }: OutgoingCall): () => void {
    const abort = (): void => call.cancel();
    this.#open.add(call);
    signal?.addEventListener("abort", abort);
    return () => {
      signal?.removeEventListener("abort", abort);
      this.#open.delete(call);
      if (this.#open.size === 0) this.#whenIdle?.();
    };
  }

  #failureOf(error: ServiceError, { signal, timeout }: OutgoingCall, deadline: number): CallFailure {
    const status = error.metadata?.get("grpc-status-details-bin")[0];
    if (error.code === 1 && signal?.aborted === true)
      return new CallFailure("cancelled", "the call was cancelled", { cause: signal.reason });
    if (error.code === 1 && this.#isClosed) return new CallFailure("closed", "the client was closed");
    const details = typeof status === "string" ? undefined : status;
    if (!details) return unspoken(error, timeout, Date.now() >= deadline);
    const [pushback] = error.metadata.get("grpc-retry-pushback-ms");
    const [callId] = error.metadata.get("x-request-id");
    return new CallFailure("status", error.details, {
      code: error.code,
      details,
      pushback: pushback === undefined ? undefined : /^\d{1,9}$/.test(String(pushback)) ? Number(pushback) : -1,
      callId: callId === undefined ? undefined : String(callId),
      cause: error,
    });
  }

  async close(grace: number): Promise<void> {
    this.#isClosed = true;
    if (this.#open.size > 0)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, grace);
        this.#whenIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    for (const call of this.#open.values()) call.cancel();
    this.#client.close();
  }
}

/** A status without a word of the sidecar's: the library has made it. */
function unspoken(error: ServiceError, timeout: number, isOver: boolean): CallFailure {
  const isWaiting = /waiting for (?:lb pick|name resolution|metadata filters)|no connection established|name resolution failed/i; // prettier-ignore
  const more = { code: error.code, cause: error };
  if (error.code === 4 && isWaiting.test(error.details))
    return new CallFailure("unsent", error.details, { cause: error });
  // The server may end the stream by the same deadline before our own is noticed.
  if (error.code === 4 || (error.code === 1 && isOver))
    return new CallFailure("deadline", `the deadline of ${Math.round(timeout)} ms has passed`);
  // REFUSED_STREAM says that the call was not looked at (RFC 9113, 8.7); it is refused so again where it crosses a GOAWAY twice.
  const isUnsent = isWaiting.test(error.details) || error.details === "Stream refused by server";
  if (error.code === 14) return new CallFailure(isUnsent ? "unsent" : "lost", error.details, { cause: error });
  if (error.code === 1) return new CallFailure("lost", "the call was broken off", more);
  if (error.code === 8 || error.code === 13) return new CallFailure("invalid", error.details, more);
  return new CallFailure("status", error.details, more);
}

function metadataOf({ metadata }: OutgoingCall): Metadata {
  const made = new Metadata({ waitForReady: true });
  for (const [name, value] of metadata) made.set(name, value);
  return made;
}

function deadlineOf({ timeout }: OutgoingCall): number {
  return timeout === Infinity ? Infinity : Date.now() + timeout;
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error;
}
