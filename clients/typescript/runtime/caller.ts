/** Calls as the runtime makes them: with a deadline, through the interceptors, and again where nothing can have happened. */

import type { ConnectOptions, InterceptedCall, Interceptor } from "../api/connect-options.ts";
import type { CallOptions } from "../api/options.ts";
import { MalformedError } from "../codec/reader.ts";
import { errorOf, invalidRequest } from "../error/status.ts";
import { PannierError } from "../error/pannier-error.ts";
import { ResponseInvalidError } from "../error/client-errors.ts";
import { CallFailure, type OutgoingCall, type Transport } from "../transport/transport.ts";
import { ValueError } from "../value/value-error.ts";

/** One method of a service. */
export interface Method {
  readonly path: string;
  readonly entity: string | undefined;
  readonly method: string;
  /** Whether it changes nothing, so that it may be asked twice. */
  readonly isRead: boolean;
}

export interface Request<Answer> {
  readonly method: Method;
  readonly request: Uint8Array;
  readonly options: CallOptions | undefined;
  /** Whether the sidecar recognises a repeat. */
  readonly isRecorded?: boolean;
  readonly read: (bytes: Uint8Array) => Answer;
}

export interface Caller {
  /** @throws PannierError, and nothing else */
  call<Answer>(request: Request<Answer>): Promise<Answer>;
  /** Messages one by one, from one stream. @throws PannierError */
  stream<Answer>(request: Request<Answer>): AsyncIterable<Answer>;
  close(): Promise<void>;
}

const leastPause = 20;
const mostPause = 500;

export function createCaller(transport: Transport, options: ConnectOptions): Caller {
  const { timeout: standard = 5_000, attempts = 4, interceptors = [] } = options;
  const sender = new Sender(transport, attempts, standard);
  const through = interceptors.length === 0 ? undefined : chain(interceptors);
  return {
    call: async <Answer>(request: Request<Answer>): Promise<Answer> => {
      if (!through) return sender.call(request);
      const { method } = request;
      let answer: { readonly value: Answer } | undefined;
      await through({ ...method, options: request.options ?? {} }, async ({ options }) => {
        answer = { value: await sender.call({ ...request, options }) };
        return answer.value;
      });
      if (!answer) throw new TypeError("an interceptor has answered without calling next");
      return answer.value;
    },
    stream: (request) => (through ? streamThrough(through, request, sender) : sender.stream(request)),
    close: () => transport.close(standard),
  };
}

type Chain = (call: InterceptedCall, last: (call: InterceptedCall) => Promise<unknown>) => Promise<unknown>;

function chain(interceptors: readonly Interceptor[]): Chain {
  return (call, last) =>
    interceptors.reduceRight<(call: InterceptedCall) => Promise<unknown>>(
      (next, interceptor) => (intercepted) => interceptor(intercepted, next),
      last,
    )(call);
}

/** The interceptors stand around a stream until it ends, or is left. */
async function* streamThrough<Answer>(
  through: Chain,
  request: Request<Answer>,
  sender: Sender,
): AsyncGenerator<Answer> {
  let end = (_failure: unknown): void => {};
  let around: Promise<unknown> = Promise.resolve();
  const options = await new Promise<CallOptions>((open, refuse) => {
    const last = (call: InterceptedCall): Promise<unknown> =>
      new Promise((resolve, reject) => {
        end = (failure) => (failure === undefined ? resolve(undefined) : reject(asError(failure)));
        open(call.options);
      });
    around = through({ ...request.method, options: request.options ?? {} }, last);
    around.then(() => refuse(new TypeError("an interceptor has answered without calling next")), refuse);
  });
  let failure: unknown;
  try {
    yield* sender.stream({ ...request, options });
  } catch (error) {
    failure = error;
  } finally {
    end(failure);
  }
  await around; // what the interceptors make of the failure
  if (failure !== undefined) throw asError(failure);
}

class Sender {
  readonly #transport: Transport;
  readonly #attempts: number;
  readonly #standard: number;

  constructor(transport: Transport, attempts: number, standard: number) {
    this.#transport = transport;
    this.#attempts = attempts;
    this.#standard = standard;
  }

  call<Answer>(request: Request<Answer>): Promise<Answer> {
    let call: OutgoingCall;
    try {
      call = this.#outgoing(request, this.#standard);
    } catch (error) {
      return Promise.reject(asError(error));
    }
    return this.#transport.unary(call).then(
      (bytes) => readAnswer(request, bytes),
      (failure: unknown) => this.#after(failure, request, call),
    );
  }

  #outgoing({ method, request, options }: Request<unknown>, standard: number): OutgoingCall {
    const timeout = options?.timeout ?? standard;
    if (typeof timeout !== "number" || !(timeout > 0))
      throw invalidRequest("TIMEOUT_INVALID", "timeout", "is a number of milliseconds above 0", method);
    const metadata = options === undefined ? none : metadataOf(options, method);
    return { path: method.path, request, timeout, wait: this.#standard, metadata, signal: options?.signal };
  }

  /** Again, as often as is allowed and as the deadline lets us; else the error. */
  async #after<Answer>(failure: unknown, request: Request<Answer>, call: OutgoingCall): Promise<Answer> {
    const started = performance.now();
    let error = errorFor(failure, request.method);
    for (let attempt = 1; attempt < this.#attempts && mayResend(error, request); attempt++) {
      const pause = Math.max(error.retryAfter ?? 0, backoff(attempt));
      const left = call.timeout - (performance.now() - started) - pause;
      if (left <= 0) break;
      try {
        await sleep(pause, call.signal);
        return readAnswer(request, await this.#transport.unary({ ...call, timeout: left }));
      } catch (next) {
        if (!(next instanceof CallFailure)) throw next;
        error = errorOf(next, request.method);
      }
    }
    throw error;
  }

  async *stream<Answer>(request: Request<Answer>): AsyncGenerator<Answer> {
    const call = this.#outgoing(request, Infinity);
    try {
      for await (const bytes of this.#transport.stream(call)) yield readAnswer(request, bytes);
    } catch (error) {
      throw error instanceof CallFailure ? errorOf(error, request.method) : error;
    }
  }
}

const none: OutgoingCall["metadata"] = [];
const names = /^[0-9a-z_.-]+$/;
const values = /^[\x20-\x7e]*$/;

/** @throws PannierError for what cannot be sent */
function metadataOf({ metadata, traceparent, callId }: CallOptions, method: Method): OutgoingCall["metadata"] {
  if (metadata === undefined && traceparent === undefined && callId === undefined) return none;
  const pairs: [string, string][] = Object.entries(metadata ?? {});
  if (traceparent !== undefined) pairs.push(["traceparent", traceparent]);
  if (callId !== undefined) pairs.push(["x-request-id", callId]);
  for (const [name, value] of pairs) {
    const isOwn = name.startsWith("grpc-") || name.endsWith("-bin") || name === "te" || name === "content-type";
    if (!names.test(name) || isOwn || typeof value !== "string" || !values.test(value))
      throw invalidRequest(
        "METADATA_INVALID",
        `metadata.${name}`,
        "is a name in lower case with a value in ASCII",
        method,
      );
  }
  return pairs;
}

function readAnswer<Answer>({ read, method }: Request<Answer>, bytes: Uint8Array): Answer {
  try {
    return read(bytes);
  } catch (error) {
    if (!(error instanceof MalformedError) && !(error instanceof ValueError) && !(error instanceof RangeError))
      throw error;
    throw new ResponseInvalidError({
      code: "INTERNAL",
      reason: "RESPONSE_INVALID",
      message: `${method.method}: the answer is no such message: ${error.message}`,
      metadata: { operation: method.method, ...(method.entity === undefined ? {} : { entity: method.entity }) },
      cause: error,
    });
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function errorFor(failure: unknown, method: Method): PannierError {
  if (failure instanceof CallFailure) return errorOf(failure, method);
  throw failure;
}

/**
 * DESIGN section 5.10. What was surely not executed goes again, whatever it is. What may have been executed goes again only
 * where that cannot matter: a read, or a write that is recorded with its request_id. A sidecar that says never is obeyed.
 */
export function mayResend(
  error: PannierError,
  { method, isRecorded }: Pick<Request<unknown>, "method" | "isRecorded">,
): boolean {
  if (error.retryAfter !== undefined && error.retryAfter < 0) return false;
  const isRepeatable = method.isRead || isRecorded === true;
  if (error.reason === "REQUEST_IN_PROGRESS") return isRepeatable;
  if (error.reason === "CONNECTION_LOST") return isRepeatable;
  if (error.code === "UNAVAILABLE") return error.isUnexecuted || isRepeatable;
  return error.code === "RESOURCE_EXHAUSTED" && error.isUnexecuted && error.retryAfter !== undefined;
}

export function backoff(attempt: number): number {
  return Math.min(mostPause, leastPause * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
}

/** @throws CallFailure when the signal says so */
export function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(new CallFailure("cancelled", "the call was cancelled", { wasSent: false, cause: signal?.reason }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}
