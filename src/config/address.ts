/** Addresses that can be listened on: `host:port`, `[v6]:port`, or `unix:` and an absolute path. */

import { isAbsolute } from "node:path";

export type Address =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** Bytes; `sun_path` holds 108 on Linux, one of them the terminator. */
export const LONGEST_SOCKET_PATH = 107;

/** Undefined when it is no address. */
export function parseAddress(text: string): Address | undefined {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length);
    return isAbsolute(path) ? { kind: "unix", path } : undefined;
  }
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? undefined : { kind: "tcp", host, port };
}

/** Whether only processes of this machine can reach it. */
export function isLocal(address: Address): boolean {
  return (
    address.kind === "unix" ||
    address.host === "localhost" ||
    address.host === "::1" ||
    /^127(\.\d{1,3}){3}$/.test(address.host)
  );
}
