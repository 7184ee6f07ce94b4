/** One Get of an order by its id, as an application makes it: of the sidecar by several clients, or of a database by its driver. */

import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { create, fromBinary, toBinary, type DescMessage, type DescService } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { connect } from "../../../clients/examples/typescript/gen/index.ts";
import { postgresqlDialect } from "../../../src/adapter/postgresql/dialect.ts";
import { tableOf } from "../../../src/adapter/sql/table.ts";
import { tableOf as sqliteTableOf } from "../../../src/adapter/sqlite/tables/table.ts";
import { loadSchema } from "../../../src/schema/load-schema.ts";
import { registryOf } from "../../unit/schema/codec/entity-under-test.ts";
import { orderEntity } from "../order.ts";
import { expect, type Once } from "../stage.ts";

export interface Contestant {
  /** @param id of an order that is there */
  readonly get: (id: string) => ReturnType<Once>;
  close(): Promise<void>;
}

/** Where everything is that they may ask. */
export interface Places {
  /** Addresses of sidecars on SQLite and on PostgreSQL. */
  readonly sqlite: string;
  readonly postgresql: string;
  /** The file and the database behind them. */
  readonly file: string;
  readonly url: string;
}

export const CONTESTANTS = [
  "pannier",
  "pannier, grpc-js",
  "grpc-js, bytes",
  "grpc-js",
  "connect",
  "node:sqlite",
  "pannier, PostgreSQL",
  "pg pool",
] as const;
export type ContestantName = (typeof CONTESTANTS)[number];

const openers: { readonly [name in ContestantName]: (places: Places) => Promise<Contestant> } = {
  pannier: ({ sqlite }) => pannier(sqlite, "native"),
  "pannier, grpc-js": ({ sqlite }) => pannier(sqlite, "grpc-js"),
  "grpc-js, bytes": ({ sqlite }) => grpcJs(sqlite, false),
  "grpc-js": ({ sqlite }) => grpcJs(sqlite, true),
  connect: ({ sqlite }) => connectNode(sqlite),
  "node:sqlite": ({ file }) => nodeSqlite(file),
  "pannier, PostgreSQL": (places) => pannier(places.postgresql, "native"),
  "pg pool": ({ url }) => pgPool(url),
};

export function openContestant(name: ContestantName, places: Places): Promise<Contestant> {
  return openers[name](places);
}

async function pannier(target: string, transport: "native" | "grpc-js"): Promise<Contestant> {
  const db = await connect({ target, transport });
  return {
    get: async (id) => {
      const order = await db.shop.orders.get({ id });
      expect(order.id === id, "another order");
    },
    close: () => db.close(),
  };
}

interface Service {
  readonly desc: DescService;
  readonly request: DescMessage;
  readonly answer: DescMessage;
  readonly key: DescMessage;
}

async function orderService(): Promise<Service> {
  const schema = await loadSchema({ sources: ["proto"] });
  const registry = registryOf(schema.descriptors);
  const message = (name: string): DescMessage => found(registry.getMessage(`shop.v1.${name}`));
  return {
    desc: found(registry.getService("shop.v1.OrderRepository")),
    request: message("OrderRepositoryGetRequest"),
    answer: message("OrderRepositoryGetResponse"),
    key: message("OrderKey"),
  };
}

function found<T>(one: T | undefined): T {
  if (one === undefined) throw new Error("the schema has no such declaration");
  return one;
}

/** With messages of protobuf-es, as generated stubs have them, or with the bytes as they are. */
async function grpcJs(address: string, isDecoded: boolean): Promise<Contestant> {
  const { request, answer, key } = await orderService();
  const client = new Client(address, credentials.createInsecure());
  const write = ({ id }: { id: string }): Buffer => Buffer.from(toBinary(request, create(request, { key: create(key, { id }) }))); // prettier-ignore
  const read = (bytes: Buffer): unknown => (isDecoded ? fromBinary(answer, bytes) : bytes);
  return {
    get: (id) =>
      new Promise<void>((resolve, reject) => {
        const deadline = Date.now() + 5_000;
        client.makeUnaryRequest("/shop.v1.OrderRepository/Get", write, read, { id }, { deadline }, (error, got) => {
          if (error || got === undefined) reject(error ?? new Error("no answer"));
          else resolve();
        });
      }),
    close: async () => client.close(),
  };
}

async function connectNode(address: string): Promise<Contestant> {
  const { desc, key } = await orderService();
  const client = createClient(desc, createGrpcTransport({ baseUrl: `http://${address}`, defaultTimeoutMs: 5_000 }));
  const get = Reflect.get(client, "get") as (request: object) => Promise<unknown>; // as the service declares it
  return {
    get: async (id) => {
      expect((await get({ key: create(key, { id }) })) !== undefined, "no answer");
    },
    close: async () => {},
  };
}

async function nodeSqlite(file: string): Promise<Contestant> {
  const table = sqliteTableOf((await orderEntity()).model);
  const database = new DatabaseSync(file, { readOnly: true });
  const statement = database.prepare(`${selection(table)} WHERE id = ?`);
  statement.setReadBigInts(true);
  return {
    get: (id) => expect(statement.get(id)?.["id"] === id, "another order"),
    close: async () => database.close(),
  };
}

async function pgPool(connectionString: string): Promise<Contestant> {
  const text = `${selection(tableOf(postgresqlDialect, (await orderEntity()).model))} WHERE id = $1`;
  const pool = new pg.Pool({ connectionString });
  return {
    get: async (id) => {
      const { rows } = await pool.query<{ readonly id: string }>({ name: "get", text, values: [id] });
      expect(rows[0]?.id === id, "another order");
    },
    close: () => pool.end(),
  };
}

function selection({ sql, columns }: Pick<ReturnType<typeof tableOf>, "sql" | "columns">): string {
  return `SELECT ${columns.map((column) => column.sql).join(", ")} FROM ${sql}`;
}
