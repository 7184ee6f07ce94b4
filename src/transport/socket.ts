/** Binds what transports listen on: TCP on a host and port, or a Unix socket that only owner and group may open. */

import { once } from "node:events";
import { lstat, stat, unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { LONGEST_SOCKET_PATH, parseAddress } from "../config/address.ts";

/** Why an address cannot be listened on. Its message names the address and the mend. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
}

export interface Bound {
  /** As bound, with the port the system chose where 0 was asked. */
  readonly address: string;
  readonly server: Server;
}

/** Clears execution for all and everything for others: the socket comes out as 0660. */
const socketUmask = 0o117;

/** @throws AddressRefused when the address is taken, too long, unsafe or not there */
export function bind(text: string, accept: (socket: Socket) => void): Promise<Bound> {
  return bindServer(text, createServer({ noDelay: true }, accept));
}

/** A server that knows by itself what to do with its connections. @throws AddressRefused like `bind` */
export async function bindServer(text: string, server: Server): Promise<Bound> {
  const address = parseAddress(text);
  if (!address) throw new AddressRefused(`${text} is not an address; write host:port or unix:/absolute/path`);
  try {
    if (address.kind === "unix") await listenUnix(server, address.path);
    else await listening(server, () => server.listen(address.port, address.host));
  } catch (error) {
    throw error instanceof AddressRefused ? error : new AddressRefused(whyNot(text, error), { cause: error });
  }
  server.on("error", () => {}); // a failing accept (too many open files) must not end the process; the next one may succeed
  return { address: addressOf(server, text), server };
}

async function listenUnix(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH) {
    throw new AddressRefused(
      `the socket path ${path} has more than ${LONGEST_SOCKET_PATH} bytes; choose a shorter one`,
    );
  }
  await requireSafeDirectory(dirname(path));
  await removeStale(path);
  await listening(server, () => {
    const before = process.umask(socketUmask);
    try {
      server.listen(path); // binds before it returns, so that the umask holds for the socket alone
    } finally {
      process.umask(before);
    }
  });
}

async function requireSafeDirectory(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory())
    throw new AddressRefused(`the socket's directory ${path} is not there; create it with mode 0750`);
  if ((found.mode & 0o002) !== 0) {
    throw new AddressRefused(`everybody may write to the socket's directory ${path}; use one with mode 0750`);
  }
}

/** A socket nobody answers on was left by a killed process; one that answers is never taken away. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isSocket())
    throw new AddressRefused(`${path} is there and is not a socket; remove it or choose another path`);
  if (await answers(path))
    throw new AddressRefused(`another process is listening on ${path}; stop it or choose another path`);
  await unlink(path);
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** `once` rejects when the server emits an error instead. */
async function listening(server: Server, listen: () => void): Promise<void> {
  const event = once(server, "listening");
  listen();
  await event;
}

function whyNot(text: string, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "UNKNOWN";
  switch (code) {
    case "EADDRINUSE":
      return `${text} is in use by another process; stop it or choose another address`;
    case "EACCES":
      return `this user may not listen on ${text}; choose a port above 1023 or a directory it may write to`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${text} is not an address of this machine`;
    default:
      return `cannot listen on ${text} (${code})`;
  }
}

function addressOf(server: Server, text: string): string {
  const bound = server.address();
  if (bound === null || typeof bound === "string") return text;
  return bound.family === "IPv6" ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`;
}
