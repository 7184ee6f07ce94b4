/** The methods of one entity's service, put together when one of them is first called: of a thousand entities a process may call few. */

import type { DuplexMethod, IncomingCall, Method, StreamMethod, Timeout, UnaryMethod } from "../transport/transport.ts";
import { once } from "./once.ts";

/** @param kinds by full path; `make` answers a method of that kind for each */
export function methodsOnDemand(
  kinds: ReadonlyMap<string, Method["kind"]>,
  timeout: Timeout,
  make: () => ReadonlyMap<string, Method | DuplexMethod>,
): ReadonlyMap<string, Method> {
  const made = once(make);
  return new Map(
    Array.from(kinds, ([path, kind]) => [
      path,
      kind === "unary" ? new UnaryOnDemand(path, made, timeout) : new StreamOnDemand(path, made),
    ]),
  );
}

type Made = () => ReadonlyMap<string, Method | DuplexMethod>;

// Classes, because there are eleven of them for each entity, and closures take several times the memory.

class UnaryOnDemand implements UnaryMethod {
  readonly kind = "unary";
  readonly timeout: Timeout;
  readonly #path: string;
  readonly #made: Made;
  #method: UnaryMethod | undefined;

  constructor(path: string, made: Made, timeout: Timeout) {
    this.timeout = timeout;
    this.#path = path;
    this.#made = made;
  }

  handle(request: Uint8Array, call: IncomingCall): Promise<Uint8Array> {
    return (this.#method ??= this.#find()).handle(request, call);
  }

  #find(): UnaryMethod {
    const found = this.#made().get(this.#path);
    if (found?.kind !== "unary") throw new TypeError(`${this.#path} is not unary`);
    return found;
  }
}

class StreamOnDemand implements StreamMethod {
  readonly kind = "server_stream";
  readonly #path: string;
  readonly #made: Made;
  #method: StreamMethod | undefined;

  constructor(path: string, made: Made) {
    this.#path = path;
    this.#made = made;
  }

  handle(request: Uint8Array, call: IncomingCall): AsyncIterable<Uint8Array> {
    return (this.#method ??= this.#find()).handle(request, call);
  }

  #find(): StreamMethod {
    const found = this.#made().get(this.#path);
    if (found?.kind !== "server_stream") throw new TypeError(`${this.#path} is no stream`);
    return found;
  }
}
