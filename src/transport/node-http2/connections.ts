/** Watches over connections: those that never speak HTTP/2, fall silent, are gone without a word, or flood with frames that cost their sender nothing. */

import { constants, type Http2Server, type Http2Session, type ServerHttp2Session } from "node:http2";
import { afterReading } from "../call/after-reading.ts";
import type { TransportLimits } from "../transport.ts";

export type ConnectionLimits = Pick<TransportLimits, "handshakeTimeout" | "idleConnection" | "keepalive">;

export interface Connections {
  /** Tells that a call has come on it. */
  used(session: Http2Session | undefined): void;
}

/**
 * PING and SETTINGS frames a connection may send at once, and in each second that follows, beside those that data earns.
 * Well below the 1,000 acknowledgements that nghttp2 lets wait: beyond those it closes by itself, and calls it an error of
 * the server's (INTERNAL_ERROR).
 */
const controlBurst = 500;
const controlRate = 100;
/**
 * Bytes sent to a peer that earn it one more such frame. Clients measure their bandwidth with a PING for each DATA they receive
 * (grpc-go, grpc-core, grpc-java), and the shortest answer is longer than this.
 */
const bytesForControl = 32;
/** Bytes of the acknowledgements, which earn nothing. */
const acknowledgements = { ping: 17, remoteSettings: 9 } as const;

export interface Watching {
  readonly limits: ConnectionLimits;
  /** Whether a call is open on it. */
  readonly isBusy: (session: Http2Session) => boolean;
}

export function watchConnections(server: Http2Server, watching: Watching): Connections {
  const idle = new WeakMap<object, NodeJS.Timeout>();
  server.on("session", (session) => idle.set(session, watch(session, watching)));
  return {
    used: (session) => {
      if (session) idle.get(session)?.refresh();
    },
  };
}

/** Answers the timer that runs while nothing happens. */
function watch(session: ServerHttp2Session, watching: Watching): NodeJS.Timeout {
  const handshake = closeUnspoken(session, watching.limits.handshakeTimeout);
  const idle = closeIdle(session, watching);
  const keepalive = closeSilent(session, watching.limits.keepalive);
  closeFlooding(session);
  session.on("close", () => {
    clearTimeout(handshake);
    clearTimeout(idle);
    clearInterval(keepalive);
  });
  return idle;
}

/** HTTP/2 begins with the client's preface and SETTINGS. */
function closeUnspoken(session: ServerHttp2Session, milliseconds: number): NodeJS.Timeout {
  let hasSpoken = false;
  const look = (): void => {
    if (!hasSpoken) session.destroy();
  };
  const timer = setTimeout(afterReading(look), milliseconds).unref();
  session.once("remoteSettings", () => {
    hasSpoken = true;
    clearTimeout(timer);
  });
  return timer;
}

/** GOAWAY to who has had no call for a while. */
function closeIdle(session: ServerHttp2Session, { limits, isBusy }: Watching): NodeJS.Timeout {
  const timer = setTimeout(() => {
    if (session.destroyed) return;
    if (isBusy(session)) timer.refresh();
    else session.close();
  }, limits.idleConnection).unref();
  return timer;
}

/** A peer that has left one ping unanswered when the next is due is not there any more. */
function closeSilent(session: ServerHttp2Session, milliseconds: number): NodeJS.Timeout {
  let unanswered = false;
  const ping = (): void => {
    if (session.destroyed) return;
    if (unanswered) return session.destroy();
    unanswered = true;
    session.ping((error) => {
      unanswered = error !== null;
    });
  };
  return setInterval(afterReading(ping), milliseconds).unref();
}

function closeFlooding(session: ServerHttp2Session): void {
  let allowance = controlBurst;
  let last = performance.now();
  let acknowledged = 0; // bytes, of which some may still wait to be sent
  let rewarded = 0; // bytes of what else was sent
  const count = (bytes: number): void => {
    const now = performance.now();
    acknowledged += bytes;
    const others = Math.max(rewarded, (session.socket?.bytesWritten ?? 0) - acknowledged);
    const earned = ((now - last) / 1_000) * controlRate + (others - rewarded) / bytesForControl;
    allowance = Math.min(controlBurst, allowance + earned) - 1;
    last = now;
    rewarded = others;
    if (allowance < 0) closeAbusiveConnection(session);
  };
  for (const [event, bytes] of Object.entries(acknowledgements)) session.on(event, () => count(bytes));
}

/** Closes the connection of a peer that means harm. */
export function closeAbusiveConnection(session: Http2Session | undefined): void {
  if (!session || session.destroyed) return;
  session.destroy(new Error("too much at no cost of its own"), constants.NGHTTP2_ENHANCE_YOUR_CALM); // without an error node drops the code
}
