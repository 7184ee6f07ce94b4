/** The shop's products over HTTP, on Fastify. Each request hands its deadline, its end and its trace on to the calls it makes. */

import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import {
  changesFromJson,
  increment,
  initFromJson,
  PannierError,
  toJson,
  type CallOptions,
  type Code,
  type Database,
} from "pannier/client";
import type { Packages } from "./gen/index.ts";
import { Product } from "./gen/shop/v1/client.ts";

interface ById {
  readonly Params: { readonly id: string };
}

interface Page {
  readonly Querystring: { readonly category?: string; readonly pageToken?: string };
}

export function createServer({ shop: { products }, health }: Database<Packages>): FastifyInstance {
  const server = Fastify();

  server.get("/health", async (_, reply) => {
    const found = await health();
    return reply.code(found === "serving" ? 200 : 503).send({ health: found });
  });

  server.post("/products", async (request, reply) => {
    const product = await products.create(initFromJson(Product, request.body), callOf(request, reply));
    return reply.code(201).send(toJson(Product, product));
  });

  server.get<ById>("/products/:id", async (request, reply) =>
    toJson(Product, await products.get({ id: request.params.id }, callOf(request, reply))),
  );

  server.patch<ById>("/products/:id", async (request, reply) => {
    const changes = changesFromJson(Product, request.body);
    return toJson(Product, await products.update({ id: request.params.id }, changes, callOf(request, reply)));
  });

  server.get<Page>("/products", async (request, reply) => {
    const { category = "", pageToken } = request.query;
    const page = await products.list({ where: { category }, pageSize: 20, pageToken, ...callOf(request, reply) });
    return { products: page.entities.map((product) => toJson(Product, product)), nextPageToken: page.nextPageToken };
  });

  // Takes a piece, unless none is left: one step, however many ask at once.
  server.post<ById>("/products/:id/sales", async (request, reply) => {
    const one = { condition: { stock: { gte: 1 } }, ...callOf(request, reply) };
    return toJson(Product, await products.update({ id: request.params.id }, { stock: increment(-1) }, one));
  });

  server.setErrorHandler((error, _, reply) => {
    if (!(error instanceof PannierError)) return reply.send(error);
    const { reason, field, message, retryAfter = 0 } = error;
    if (error.isRetryable) void reply.header("retry-after", Math.ceil(retryAfter / 1000));
    return reply.code(statuses[error.code] ?? 500).send({ reason, field, message });
  });
  return server;
}

/** A caller who goes away ends the calls of his request. (`request.signal` also fires when the body has been read.) */
function callOf({ headers: { traceparent } }: FastifyRequest, { raw }: FastifyReply): CallOptions {
  const gone = new AbortController();
  raw.once("close", () => raw.writableFinished || gone.abort());
  return { signal: gone.signal, timeout: 2_000, ...(typeof traceparent === "string" && { traceparent }) };
}

/** What callers of an HTTP service know failures by. */
const statuses: { readonly [code in Code]?: number } = {
  INVALID_ARGUMENT: 400,
  OUT_OF_RANGE: 400,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  FAILED_PRECONDITION: 409,
  RESOURCE_EXHAUSTED: 429,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};
