// A TCP proxy between the sidecar and a server, which does to links what networks do.
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** What the proxy does from now on, to links that are there and to new ones. */
export type Fault =
  | "pass"
  /** New links are closed at once, those that are there too. */
  | "refuse"
  /** Links are taken, and nothing goes either way. */
  | "silent"
  /** New links are taken and signed in; the first question on one, and all behind it, arrives nowhere. */
  | "mute"
  /** Requests pass; the first bytes of an answer end the link, and never arrive. What was sent before is executed. */
  | "lose answers"
  /** As "lose answers", but only once a COMMIT was sent. */
  | "lose commits"
  /** The link ends in the middle of the next request, which arrives in part. */
  | "cut requests"
  /** Answers arrive up to a byte in their middle, and the link ends there. */
  | "cut answers"
  /** Answers arrive up to a byte in their middle, and nothing comes after it. */
  | "stall answers"
  /** Everything arrives, in pieces of some bytes with a pause between. */
  | "slow";

/** Bytes of an answer that is cut or stalls, at the most. */
const PART = 7;

/** Of what is slow: bytes and milliseconds. */
const PIECE = 64;
const PAUSE = 2;

export interface FaultProxy {
  readonly port: number;
  /** How often a link was taken. */
  links(): number;
  set(fault: Fault): void;
  close(): Promise<void>;
}

export async function createFaultProxy(target: { readonly host: string; readonly port: number }): Promise<FaultProxy> {
  let fault: Fault = "pass";
  let links = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    links += 1;
    if (fault === "refuse") return void client.resetAndDestroy();
    const upstream = connect(target.port, target.host);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => open.delete(socket));
    }
    const end = (): void => {
      if (!client.destroyed) client.resetAndDestroy();
      upstream.destroy();
    };
    /** The server reads what was sent, and then finds the end. */
    const lose = (): void => {
      if (client.destroyed) return;
      client.removeAllListeners("close");
      client.resetAndDestroy();
      open.delete(client);
      upstream.end();
    };
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
    let isCommitting = false;
    let isMute = false;
    let isSlow = false;
    let queue = Promise.resolve();
    /** In order, also behind what is on its way already. */
    const dribble = (to: Socket, bytes: Buffer): void => {
      isSlow = true;
      queue = queue.then(async () => {
        for (let at = 0; at < bytes.length && !to.destroyed; at += PIECE) {
          to.write(bytes.subarray(at, at + PIECE));
          await wait(PAUSE);
        }
      });
    };
    client.on("data", (bytes) => {
      isMute ||= fault === "mute" && bytes.includes("SELECT");
      if (fault === "silent" || isMute) return;
      isCommitting ||= fault === "lose commits" && /COMMIT(?!TED)/u.test(bytes.toString("latin1"));
      if (fault === "cut requests") {
        upstream.write(bytes.subarray(0, Math.floor(bytes.length / 2)), end);
        return;
      }
      upstream.write(bytes);
    });
    let hasStalled = false;
    upstream.on("data", (bytes) => {
      if (fault === "silent" || hasStalled) return;
      if (fault === "cut answers" || fault === "stall answers") {
        const some = bytes.subarray(0, Math.min(PART, Math.floor(bytes.length / 2)));
        hasStalled = true;
        client.write(some, fault === "cut answers" ? end : undefined);
        return;
      }
      if (fault === "slow" || isSlow) dribble(client, bytes);
      else if (fault === "lose answers" || (fault === "lose commits" && isCommitting)) lose();
      else client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server's
  return {
    port,
    links: () => links,
    set: (next) => {
      fault = next;
      if (fault === "refuse") for (const socket of open) socket.resetAndDestroy();
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
