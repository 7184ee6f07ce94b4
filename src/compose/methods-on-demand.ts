/** The methods of one entity's service, put together when one of them is first called: of a thousand entities a process may call few. */

import type { DuplexMethod, Method, StreamMethod, Timeout, UnaryMethod } from "../transport/transport.ts";
import { once } from "./once.ts";

/** @param kinds by full path; `make` answers a method of that kind for each */
export function methodsOnDemand(
  kinds: ReadonlyMap<string, Method["kind"]>,
  timeout: Timeout,
  make: () => ReadonlyMap<string, Method | DuplexMethod>,
): ReadonlyMap<string, Method> {
  const made = once(make);
  return new Map(
    Array.from(kinds, ([path, kind]) => [path, kind === "unary" ? unary(path, timeout, made) : stream(path, made)]),
  );
}

type Made = () => ReadonlyMap<string, Method | DuplexMethod>;

function unary(path: string, timeout: Timeout, made: Made): UnaryMethod {
  let method: UnaryMethod | undefined;
  const find = (): UnaryMethod => {
    const found = made().get(path);
    if (found?.kind !== "unary") throw new TypeError(`${path} is not unary`);
    return found;
  };
  return { kind: "unary", timeout, handle: (request, call) => (method ??= find()).handle(request, call) };
}

function stream(path: string, made: Made): StreamMethod {
  let method: StreamMethod | undefined;
  const find = (): StreamMethod => {
    const found = made().get(path);
    if (found?.kind !== "server_stream") throw new TypeError(`${path} is no stream`);
    return found;
  };
  return { kind: "server_stream", handle: (request, call) => (method ??= find()).handle(request, call) };
}
