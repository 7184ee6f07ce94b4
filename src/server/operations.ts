/** The operations port: metrics and probes over HTTP/1.1, for Prometheus, the kubelet and people with curl. It holds no data and takes no orders. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { CONTENT_TYPE, exposition, type Metric } from "../telemetry/exposition.ts";
import { bindServer } from "../transport/socket.ts";
import type { Readiness } from "./readiness.ts";

export interface OperationsOptions {
  /** `host:port`, also where other machines reach it, or `unix:` and an absolute path. */
  readonly address: string;
  readonly metrics: readonly Metric[];
  readonly readiness: Readiness;
}

export interface OperationsListener {
  readonly address: string;
  /** Ends every connection. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

type Route = () => Answer | Promise<Answer>;

/** Small: whoever asks here asks little, and seldom. */
const limits = {
  maxHeaderSize: 8_192, // bytes
  headersTimeout: 5_000, // milliseconds, like all below
  requestTimeout: 10_000,
  keepAliveTimeout: 60_000, // longer than scrapes are apart
  connectionsCheckingInterval: 1_000,
};
const mostConnections = 64;
const mostRequestsPerConnection = 10_000;
/** Not imported: an import of node:http reads all its exports, and with them loads undici, 14 MiB that nothing here uses. */
const { createServer } = process.getBuiltinModule("node:http");

/** @throws AddressRefused when the address cannot be listened on */
export async function listenOperations({ address, ...options }: OperationsOptions): Promise<OperationsListener> {
  const routes = routesOf(options);
  const server = createServer({ ...limits, noDelay: true }, (request, response) => {
    answer(request, response, routes).catch(() => response.destroy());
  });
  server.maxRequestsPerSocket = mostRequestsPerConnection;
  const bound = await bindServer(address, server);
  server.maxConnections = mostConnections;
  return {
    address: bound.address,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function routesOf({
  metrics,
  readiness,
}: Pick<OperationsOptions, "metrics" | "readiness">): ReadonlyMap<string, Route> {
  const ready: Route = async () => {
    const report = await readiness.report();
    const body = `${JSON.stringify(report)}\n`;
    return { status: report.status === "ok" ? 200 : 503, type: "application/json", body };
  };
  return new Map<string, Route>([
    ["/livez", () => text(200, "OK")],
    ["/readyz", ready],
    ["/healthz", ready],
    ["/metrics", () => ({ status: 200, type: CONTENT_TYPE, body: exposition(metrics) })],
  ]);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: ReadonlyMap<string, Route>,
): Promise<void> {
  const { status, type, body } = await answerOf(request, routes);
  if (status === 405) response.setHeader("allow", "GET, HEAD");
  if (hasBody(request)) response.setHeader("connection", "close"); // what nobody reads must not precede the next request
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(body);
}

function answerOf(request: IncomingMessage, routes: ReadonlyMap<string, Route>): Answer | Promise<Answer> {
  if (request.method !== "GET" && request.method !== "HEAD") return text(405, "this port answers GET and HEAD");
  const [path = ""] = (request.url ?? "").split("?", 1);
  return routes.get(path)?.() ?? text(404, `there is ${[...routes.keys()].join(", ")}`);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

function text(status: number, line: string): Answer {
  return { status, type: "text/plain; charset=utf-8", body: `${line}\n` };
}
