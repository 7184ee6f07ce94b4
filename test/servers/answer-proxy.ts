// An HTTP proxy before a server of AWS's kind, which answers in its place or loses its answers, by the name of the operation.
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** What becomes of the next requests of an operation. */
export interface Interference {
  readonly operation: string;
  /** How many; Infinity for all from now on. */
  readonly times: number;
  readonly how:
    /** Answered here, and not passed on. */
    | { readonly kind: "error"; readonly type: string; readonly more?: object; readonly status?: number }
    /** Answered here by what the request makes of it. */
    | { readonly kind: "answer"; readonly body: (asked: string) => object }
    /** Passed on and done; the answer never arrives. */
    | { readonly kind: "lose" };
}

/** What becomes of the nth request of an operation, from 1; undefined is passed on as it is. */
export type Choose = (operation: string, nth: number) => Interference["how"] | undefined;

export interface AnswerProxy {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  interfere(interference: Interference | undefined): void;
  /** For all requests from now on, until it is told otherwise. */
  choose(choose: Choose | undefined): void;
  /** How often an operation was asked for. */
  asked(operation: string): number;
  close(): Promise<void>;
}

export async function createAnswerProxy(target: string): Promise<AnswerProxy> {
  const { hostname, port } = new URL(target);
  let current: Interference | undefined;
  let left = 0;
  let choosing: Choose | undefined;
  const counts = new Map<string, number>();
  const handle = async (from: IncomingMessage, to: ServerResponse): Promise<void> => {
    const operation = String(from.headers["x-amz-target"]).replace(/^.*\./u, "");
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
    const body = await buffer(from);
    const isMeant = current?.operation === operation && left > 0;
    if (isMeant) left -= 1;
    const how = isMeant ? current?.how : choosing?.(operation, counts.get(operation) ?? 0);
    if (how?.kind === "error") {
      const told = { __type: `com.amazonaws.dynamodb.v20120810#${how.type}`, message: "injected", ...how.more };
      return answer(to, how.status ?? 400, told);
    }
    if (how?.kind === "answer") return answer(to, 200, how.body(body.toString()));
    const onward = request({ hostname, port, path: from.url, method: from.method, headers: from.headers }, (reply) => {
      if (how?.kind === "lose") {
        reply.resume().on("end", () => to.socket?.destroy());
        return;
      }
      to.writeHead(reply.statusCode ?? 500, reply.headers);
      reply.pipe(to);
    });
    onward.on("error", () => to.destroy());
    onward.end(body);
  };
  const server = createServer((from, to) => {
    handle(from, to).catch(() => to.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port: own } = server.address() as AddressInfo; // of a server that listens on TCP
  return {
    endpoint: `http://127.0.0.1:${own}`,
    interfere: (interference) => {
      current = interference;
      left = interference?.times ?? 0;
    },
    choose: (choose) => {
      choosing = choose;
    },
    asked: (operation) => counts.get(operation) ?? 0,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(to: ServerResponse, status: number, body: object): void {
  to.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
  to.end(JSON.stringify(body));
}
