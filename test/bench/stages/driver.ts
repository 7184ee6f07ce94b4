/** The driver of a database server alone, with nothing of Pannier around it but how a row is stored: the same statements, one for each call. */

import { createPool } from "mariadb";
import pg from "pg";
import { mysqlDialect } from "../../../src/adapter/mysql/dialect.ts";
import { MARIADB, MYSQL } from "../../../src/adapter/mysql/flavour.ts";
import { postgresqlDialect } from "../../../src/adapter/postgresql/dialect.ts";
import { PLACE } from "../../../src/adapter/postgresql/place.ts";
import { encodeRow } from "../../../src/adapter/sql/row.ts";
import type { SqlValue } from "../../../src/adapter/sql/sql-value.ts";
import { tableOf, type Table } from "../../../src/adapter/sql/table.ts";
import { urlOf } from "../database.ts";
import { newOrderIds, orderEntity } from "../order.ts";
import { expect, nth, PAGE, type Inputs, type OpenStage, type Stage } from "../stage.ts";

/** As many connections as a sidecar has by default. */
const CONNECTIONS = 10;

export const openPool = async (file: string, inputs: Inputs): Promise<DriverStage> => {
  const url = urlOf(file);
  if (url.protocol !== "postgres:") return openMariadbPool(url, inputs);
  const pool = new pg.Pool({ connectionString: url.href, max: CONNECTIONS, types: RAW });
  return postgresqlStage(inputs, (query) => pool.query(query), () => pool.end());
}; // prettier-ignore

/** Everything on one connection, sent as it comes. */
export const openPipelined: OpenStage = async (file, inputs) => {
  const config: pg.ClientConfig & { readonly pipeline: true } = { connectionString: urlOf(file).href, types: RAW, pipeline: true }; // not in the types yet
  const client = new pg.Client(config);
  await client.connect();
  return postgresqlStage(inputs, (query) => client.query(query), () => client.end());
}; // prettier-ignore

/** Most keys of a statement, as in the sidecar. */
const GATHERED = 64;
/** Statements with rows to be inserted that are under way at once, and rows that one is not cut below, as in the sidecar. */
const INSERTS = 2;
const WORTH_AN_INSERT = 16;

/**
 * Gets that are asked for in one turn of the event loop, as one statement of a pool's, and Creates that are ready together: what the driver does for a sidecar that
 * gathers them, without making, checking or answering anything. So it is the most that gathering can give.
 */
export const openGathered: OpenStage = async (file, inputs) => {
  const stage = await openPool(file, inputs);
  const create = gatheredCreates(stage);
  let waiting: { readonly id: string; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  const flush = (): void => {
    const gathered = waiting;
    waiting = [];
    for (let i = 0; i < gathered.length; i += GATHERED) {
      const part = gathered.slice(i, i + GATHERED);
      const settle = (): void => part.forEach(({ resolve }) => resolve());
      stage.getMany([...new Set(part.map(({ id }) => id))]).then(settle, (error: unknown) => part.forEach(({ reject }) => reject(error)));
    }
  };
  const get = (n: number): Promise<void> =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ id: nth(inputs.ids, n), resolve, reject });
    });
  return { server: undefined, operations: { Get: get, Create: create }, close: () => stage.close() };
}; // prettier-ignore

function gatheredCreates({ newRow, createMany }: DriverStage): (n: number) => Promise<void> {
  const waiting: { readonly row: readonly SqlValue[]; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  let running = 0;
  const send = async (): Promise<void> => {
    if (running === INSERTS || waiting.length === 0) return;
    const parts = Math.max(Math.min(INSERTS - running, Math.floor(waiting.length / WORTH_AN_INSERT)), 1);
    const part = waiting.splice(0, Math.ceil(waiting.length / parts));
    running += 1;
    void send();
    try {
      await createMany(part.map(({ row }) => row));
      for (const { resolve } of part) resolve();
    } catch (error) {
      for (const { reject } of part) reject(error);
    }
    running -= 1;
    if (waiting.length > 0) setImmediate(() => void send());
  };
  return (n) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(() => void send());
      waiting.push({ row: newRow(n), resolve, reject });
    });
} // prettier-ignore

/** Values as the text that the server sends, as the sidecar takes them. */
const RAW: pg.CustomTypesConfig = { getTypeParser: () => (text: string) => text };

interface DriverStage extends Stage {
  /** Reads rows by as many keys as there are, each of which must be there. */
  readonly getMany: (ids: readonly string[]) => Promise<void>;
  /** The nth order, as a Create stores it. */
  readonly newRow: (n: number) => readonly SqlValue[];
  /** By one statement, as the sidecar writes it. */
  readonly createMany: (rows: readonly (readonly SqlValue[])[]) => Promise<void>;
}

type Query = pg.QueryArrayConfig<unknown[]>;

async function postgresqlStage(
  inputs: Inputs,
  ask: (query: Query) => Promise<pg.QueryArrayResult<unknown[]>>,
  close: () => Promise<void>,
): Promise<DriverStage> {
  const { table, columns, rows } = await ordersOf(inputs, tableOf(postgresqlDialect, (await orderEntity()).model));
  const places = table.columns.map((_, i) => `$${i + 1}`).join(", ");
  const run = async (name: string, text: string, values: readonly unknown[]): Promise<number> =>
    (await ask({ name, text, values: [...values], rowMode: "array" })).rowCount ?? 0;
  const wire = (value: SqlValue): unknown =>
    value === null || typeof value === "string" ? value : value instanceof Uint8Array ? Buffer.from(value) : String(value);
  const getMany = async (ids: readonly string[]): Promise<void> => {
    const text = `SELECT ${columns} FROM ${table.sql} WHERE id = ANY($1)`;
    expect((await run("batch", text, [[...ids]])) === ids.length, "a row is missing");
  };
  const createMany = async (many: readonly (readonly SqlValue[])[]): Promise<void> => {
    const { text, parameters } = postgresqlDialect.rows(table.columns, many);
    let place = 0;
    const insert = `INSERT INTO ${table.sql} (${columns}) ${text} ON CONFLICT DO NOTHING`.replaceAll(PLACE, () => `$${++place}`);
    expect((await run("creates", insert, parameters.map(wire))) === many.length, "a row was not created");
  };
  return {
    server: undefined,
    getMany,
    newRow: rows,
    createMany,
    operations: {
      Get: async (n) => {
        expect((await run("get", `SELECT ${columns} FROM ${table.sql} WHERE id = $1`, [nth(inputs.ids, n)])) === 1, "no row");
      },
      BatchGet: (n) => getMany(nth(inputs.batches, n)),
      List: async (n) => {
        const text = `SELECT ${columns} FROM ${table.sql} WHERE user_id = $1 AND deleted_at IS NULL ORDER BY created_at DESC NULLS LAST, id DESC LIMIT ${PAGE}`;
        expect((await run("list", text, [nth(inputs.users, n)])) === PAGE, "no page");
      },
      Create: async (n) => {
        const text = `INSERT INTO ${table.sql} (${columns}) VALUES (${places}) ON CONFLICT DO NOTHING`;
        expect((await run("create", text, rows(n).map(wire))) === 1, "not created");
      },
      Update: async (n) => {
        const text = `UPDATE ${table.sql} SET status = $1, updated_at = $2, version = coalesce(version, 0) + 1 WHERE id = $3 AND deleted_at IS NULL RETURNING ${columns}`;
        const values = ["shipped", new Date().toISOString(), nth(inputs.ids, n)];
        expect((await run("update", text, values)) === 1, "no row");
      },
    },
    close,
  };
} // prettier-ignore

async function openMariadbPool(url: URL, inputs: Inputs): Promise<DriverStage> {
  const dialect = mysqlDialect(url.protocol === "mysql:" ? MYSQL : MARIADB);
  const { table, columns, rows } = await ordersOf(inputs, tableOf(dialect, (await orderEntity()).model));
  const pool = createPool({
    host: url.hostname,
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1),
    connectionLimit: CONNECTIONS,
    rowsAsArray: true,
    dateStrings: true,
    autoJsonMap: false,
    charset: "utf8mb4",
    allowPublicKeyRetrieval: true,
  });
  const count = async (text: string, values: readonly unknown[]): Promise<number> =>
    (await pool.query<readonly unknown[]>(text, [...values])).length;
  const affected = async (text: string, values: readonly unknown[]): Promise<number> =>
    (await pool.query<{ affectedRows: number }>(text, [...values])).affectedRows;
  const byId = `SELECT ${columns} FROM ${table.sql} WHERE id = ?`;
  const places = table.columns.map(() => "?").join(", ");
  const wire = (value: SqlValue): unknown => (value instanceof Uint8Array ? Buffer.from(value) : value);
  const getMany = async (ids: readonly string[]): Promise<void> => {
    const text = `SELECT ${columns} FROM ${table.sql} WHERE id IN (${ids.map(() => "?").join(", ")})`;
    expect((await count(text, ids)) === ids.length, "a row is missing");
  };
  const createMany = async (many: readonly (readonly SqlValue[])[]): Promise<void> => {
    const { text, parameters } = dialect.rows(table.columns, many);
    const insert = `INSERT INTO ${table.sql} (${columns}) ${text}`;
    expect((await affected(insert, parameters.map(wire))) === many.length, "a row was not created");
  };
  return {
    server: undefined,
    getMany,
    newRow: rows,
    createMany,
    operations: {
      Get: async (n) => expect((await count(byId, [nth(inputs.ids, n)])) === 1, "no row"),
      BatchGet: (n) => getMany(nth(inputs.batches, n)),
      List: async (n) => {
        const text = `SELECT ${columns} FROM ${table.sql} WHERE user_id = ? AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT ${PAGE}`;
        expect((await count(text, [nth(inputs.users, n)])) === PAGE, "no page");
      },
      Create: async (n) => {
        const text = `INSERT INTO ${table.sql} (${columns}) VALUES (${places})`;
        expect((await affected(text, rows(n).map(wire))) === 1, "not created");
      },
      // There is no RETURNING: the row is read after it.
      Update: async (n) => {
        const id = nth(inputs.ids, n);
        const text = `UPDATE ${table.sql} SET status = ?, updated_at = ?, version = coalesce(version, 0) + 1 WHERE id = ? AND deleted_at IS NULL`;
        const now = new Date().toISOString().slice(0, -1).replace("T", " ");
        expect((await affected(text, ["shipped", now, id])) === 1, "no row");
        expect((await count(byId, [id])) === 1, "no row");
      },
    },
    close: () => pool.end(),
  };
} // prettier-ignore

interface Orders {
  readonly table: Table;
  readonly columns: string;
  /** The nth order as a Create stores it: under a new UUID v7, made now. */
  readonly rows: (n: number) => readonly SqlValue[];
}

async function ordersOf(inputs: Inputs, table: Table): Promise<Orders> {
  const { model } = await orderEntity();
  const { createdAt, updatedAt } = model.managed;
  if (createdAt === undefined || updatedAt === undefined) throw new Error("an order says when it was made");
  const stamps = [createdAt, updatedAt];
  const encoded = inputs.orders.map((order) => encodeRow(table, order));
  const newId = newOrderIds(model);
  return {
    table,
    columns: table.columns.map(({ sql }) => sql).join(", "),
    rows: (n) => {
      const now = BigInt(Date.now()) * 1_000_000n;
      const row = [...nth(encoded, n)];
      row[0] = newId();
      for (const ordinal of stamps) row[ordinal] = table.columns[ordinal]?.bind(now) ?? null;
      return row;
    },
  };
}
