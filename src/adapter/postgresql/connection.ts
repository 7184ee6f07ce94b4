/** Connections by the driver: raw text both ways, statements prepared under names of ours, everything sent at once. */

import type { EventEmitter } from "node:events";
import { connect as connectSocket, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Client, ClientConfig } from "pg";
import type { SqlValue } from "../sql/sql-value.ts";
import { NotConnected } from "../runtime/link-failure.ts";
import type { Credentials, TlsOptions } from "../sql/server/connection/credentials.ts";
import { LinkLost, type Answer, type Link, type Statement } from "../sql/server/connection/link.ts";
import { statementLimit } from "../sql/server/connection/statement-limit.ts";
import { Fault } from "../../model/fault.ts";
import { STRANGER, type Flavour } from "./flavour.ts";
import { PLACE } from "./place.ts";
import type { StatementQuery, WireValue } from "./statement-query.ts";

export interface ConnectionOptions {
  readonly flavour: Flavour;
  readonly host: string;
  readonly port: number;
  /** Whether a server that takes no writes is as good as none, because there are others. */
  readonly isWritten: boolean;
  /** Whether a pooler lends a connection of the server for each transaction, so that none keeps what is said to it; absent is no. */
  readonly isPooled?: boolean;
  readonly user: string;
  readonly database: string;
  /** Asked at every connection. */
  readonly credentials: () => Promise<Credentials>;
  readonly applicationName: string;
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Milliseconds after which the server itself gives up a statement, or a transaction in which nothing happens. */
  readonly statementTimeout: number;
}

/** What answers look like: said at every connection, whatever the server, the database or the role have as their own. */
const SESSION = [
  "DateStyle=ISO",
  "TimeZone=UTC",
  "bytea_output=hex",
  "extra_float_digits=1",
  "client_encoding=UTF8",
  "standard_conforming_strings=on",
  "default_transaction_read_only=off",
  "client_min_messages=warning",
];

/** What is the server's own, for each database and role, where a pooler stands between; the first is what it must be. */
const RELIED = [
  ["bytea_output", "hex"],
  ["extra_float_digits", "1", "2", "3"],
  ["default_transaction_isolation", "read committed"],
  ["default_transaction_read_only", "off"],
  ["array_nulls", "on"],
  ["quote_all_identifiers", "off"],
  ["transform_null_equals", "off"],
  ["lock_timeout", "0"],
] as const;

/** What a pooler says again to every connection that it lends, because the server tells of it. */
const TRACKED = "SELECT set_config('DateStyle', 'ISO', false), set_config('TimeZone', 'UTC', false)";

/** Statements of one connection that are kept prepared; the server holds a plan for each. */
const PREPARED = 256;

export interface Driver {
  readonly Client: typeof Client;
  readonly Query: StatementQuery;
}

/** Rejects with NotConnected; with a Fault where the server is another than the url says. */
export async function openLink(Driver: Driver, options: ConnectionOptions): Promise<Link> {
  const { flavour, host, port, user, database, applicationName, connectTimeout, statementTimeout } = options;
  const settings = [
    ...SESSION,
    ...flavour.session,
    `default_transaction_isolation=${flavour.isolation}`,
    `statement_timeout=${statementTimeout}`,
    `idle_in_transaction_session_timeout=${statementTimeout}`,
  ];
  const isPooled = options.isPooled === true;
  let client: Client | undefined;
  // The driver's own limit ends with the sign-in; a server, or a pooler that has none, may say nothing to what it is asked then.
  const late = setTimeout(() => client && streamOf(client)?.destroy(), connectTimeout);
  try {
    const { password = "", tls: ssl = false } = await options.credentials();
    // `pipeline` is not in the types yet.
    const config: ClientConfig & { readonly pipeline: boolean } = {
      host,
      port,
      user,
      database,
      // Never undefined: the driver would look into the environment and into files.
      password,
      // A copy, because the driver hides the key in it, which a cancel request brings too.
      ssl: ssl && { ...ssl },
      application_name: applicationName,
      connectionTimeoutMillis: connectTimeout,
      keepAlive: true,
      // A pooler refuses them, and one connection's would be another's.
      ...(!isPooled && { options: settings.map((setting) => `-c ${setting}`).join(" ") }),
      types: { getTypeParser: () => (text: string) => text },
      pipeline: !isPooled,
    };
    client = new Driver.Client(config);
    const link = new PostgresqlLink(client, Driver.Query, {
      host,
      port,
      ssl,
      isPooled,
      mostTime: statementTimeout,
    });
    const told = parametersOf(client);
    await client.connect();
    if (!flavour.isIt(told)) throw stranger(flavour, told);
    requireUnicode(told.get("server_encoding"));
    if (isPooled) await checkPooled(link);
    else void watchClient(link, told);
    if (options.isWritten && (await isStandby(link))) throw new Error("the server takes no writes");
    return link;
  } catch (error) {
    void client?.end().catch(() => {});
    throw error instanceof Fault ? error : new NotConnected(error);
  } finally {
    clearTimeout(late);
  }
}

/** Filled while the connection begins. */
function parametersOf(client: Client): ReadonlyMap<string, string> {
  const told = new Map<string, string>();
  const { connection } = client as { connection?: EventEmitter }; // the driver's, not in its types
  connection?.on("parameterStatus", ({ parameterName, parameterValue }: Told) =>
    told.set(parameterName, parameterValue),
  );
  return told;
}

interface Told {
  readonly parameterName: string;
  readonly parameterValue: string;
}

/** @throws Fault where the database cannot hold every text */
function requireUnicode(encoding: string | undefined): void {
  if (encoding === undefined || encoding === "UTF8") return;
  throw new Fault(
    "FIELD_INVALID",
    `the database at the url is in ${encoding.slice(0, 60)}, which cannot hold every text; give the store one that was created with ENCODING 'UTF8'`,
  );
}

function stranger({ scheme }: Flavour, told: ReadonlyMap<string, string>): Fault {
  const name = (told.get(STRANGER) ?? `version ${told.get("server_version") ?? "unknown"}`).slice(0, 60);
  return new Fault(
    "FIELD_INVALID",
    `the server at the url is no ${scheme}: it calls itself ${name}; give the url the scheme it has`,
  );
}

async function checkPooled(link: Link): Promise<void> {
  await link.run({ text: TRACKED, parameters: [] });
  const text = `SELECT ${RELIED.map(([name]) => `pg_catalog.current_setting('${name}')`).join(", ")}`;
  const [row = []] = (await link.run({ text, parameters: [] })).rows;
  for (const [i, [name, ...allowed]] of RELIED.entries())
    if (!allowed.some((value) => value === row[i]))
      throw new Fault(
        "FIELD_INVALID",
        `the server's ${name} is not ${allowed[0]}, and behind a pooler it cannot be said for each connection; set it for the role or the database`,
      );
}

async function isStandby(link: Link): Promise<boolean> {
  const { rows } = await link.run({ text: "SELECT pg_catalog.pg_is_in_recovery()", parameters: [] });
  return rows[0]?.[0] === "t";
}

/** Since version 14 the server looks, each second of a statement, whether its client is still there. It cannot on every system. */
async function watchClient(link: Link, told: ReadonlyMap<string, string>): Promise<void> {
  if (Number.parseInt(told.get("server_version") ?? "", 10) < 14 || told.has(STRANGER)) return;
  await link.run({ text: "SET client_connection_check_interval = 1000", parameters: [] }).catch(() => {});
}

interface Address extends Pick<ConnectionOptions, "host" | "port"> {
  readonly ssl: TlsOptions | false;
  readonly isPooled: boolean;
  /** Milliseconds that the server may work on a statement, as the connection was told at its start. */
  readonly mostTime: number;
}

/** A statement as it is sent; without a name it is prepared for once. */
interface Prepared {
  readonly name: string;
  readonly text: string;
  /** Whether the server has answered it under this name. */
  isProven: boolean;
}

class PostgresqlLink implements Link {
  readonly #client: Client;
  readonly #Query: StatementQuery;
  readonly #address: Address;
  /** Milliseconds that the server was told last, and is to be told. */
  #limit: number;
  #wanted: number;
  /** Names by text, the least used first. */
  readonly #names = new Map<string, Prepared>();
  #made = 0;
  #isLost = false;
  #running = 0;
  /** What was sent last, where nothing is pipelined. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(client: Client, OwnQuery: StatementQuery, address: Address) {
    this.#client = client;
    this.#Query = OwnQuery;
    this.#address = address;
    this.#limit = this.#wanted = address.mostTime;
    // Without a listener a connection that breaks would end the process.
    client.on("error", () => {
      this.#isLost = true;
    });
    client.on("end", () => {
      this.#isLost = true;
    });
  }

  run(statement: Statement): Promise<Answer> {
    if (!this.#address.isPooled) {
      this.#tellLimit();
      return this.#send(statement);
    }
    // The driver wants one at a time where it does not pipeline.
    this.#running += 1;
    const answer = this.#before.then(() => this.#send(statement)).finally(() => (this.#running -= 1));
    this.#before = answer.catch(() => {});
    return answer;
  }

  /** A pooler's connections are everybody's. */
  limit(left: number): void {
    const { isPooled, mostTime } = this.#address;
    if (!isPooled) this.#wanted = statementLimit(left, mostTime);
  }

  #tellLimit(): void {
    const wanted = this.#wanted;
    if (wanted === this.#limit || this.#isLost) return;
    this.#limit = wanted;
    this.#send({ text: `SET statement_timeout = ${wanted}`, parameters: [] }).catch(() => {
      this.#limit = Number.NaN; // said again
    });
  }

  #send(statement: Statement): Promise<Answer> {
    if (this.#isLost) return Promise.reject(new LinkLost());
    const { text, parameters, repeated = false } = statement;
    // A statement that is prepared under a name is one connection's of the server.
    const named = repeated && !this.#address.isPooled ? this.#named(text) : unnamed(text);
    this.#running += 1;
    return new Promise((resolve, reject) => {
      const query = new this.#Query({
        name: named.name,
        text: named.text,
        values: parameters.map(wireValue),
        done: (answer) => {
          this.#running -= 1;
          named.isProven = true;
          resolve(answer);
        },
        failed: (error) => {
          this.#running -= 1;
          const failure = this.#failure(error);
          if (!isStale(failure, named)) reject(failure);
          else if (this.#forget(text, named) === "alone") resolve(this.#send(statement));
          else reject(tableChanged(failure));
        },
      });
      this.#client.query(query);
    });
  }

  /** It is prepared anew. Whether the statement that failed was a transaction of its own, in which nothing has happened. */
  #forget(text: string, stale: Prepared): "alone" | "in a transaction" {
    if (this.#names.get(text) === stale) this.#names.delete(text);
    return this.#client.getTransactionStatus() === "I" ? "alone" : "in a transaction"; // before this statement
  }

  #failure(error: unknown): Error {
    const isAnswer = isOfServer(error);
    if (!isAnswer || isFatal(error)) this.#isLost = true;
    return isAnswer ? error : new LinkLost(error);
  }

  #named(text: string): Prepared {
    const known = this.#names.get(text);
    if (known) return known;
    if (this.#names.size >= PREPARED) return unnamed(text);
    const made = { ...unnamed(text), name: `s${this.#made++}` };
    this.#names.set(text, made);
    return made;
  }

  isInTransaction(): boolean {
    return this.#running > 0 || this.#client.getTransactionStatus() !== "I";
  }

  isLost(): boolean {
    return this.#isLost;
  }

  /** https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS */
  cancel(): void {
    const { processID, secretKey } = keysOf(this.#client);
    if (processID === undefined || secretKey === undefined) return;
    const request = Buffer.alloc(16);
    request.writeInt32BE(16, 0);
    request.writeInt32BE(80_877_102, 4);
    request.writeInt32BE(processID, 8);
    request.writeInt32BE(secretKey, 12);
    sendCancel(this.#address, request);
  }

  end(): void {
    this.#isLost = true;
    void this.#client.end().catch(() => {});
    // What runs keeps a polite end waiting.
    if (this.#running > 0) streamOf(this.#client)?.destroy();
  }
}

/**
 * Encrypted where the connection is: who reads the keys could cancel, too. The server closes it; a pooler takes a caller who closes it first
 * for one who has given up asking.
 */
function sendCancel({ host, port, ssl }: Address, request: Buffer): void {
  const socket = host.startsWith("/") ? connectSocket(`${host}/.s.PGSQL.${port}`) : connectSocket(port, host);
  socket.setTimeout(5_000, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.unref();
  if (ssl === false) {
    socket.on("connect", () => socket.write(request));
    socket.resume();
    return;
  }
  const wanted = Buffer.alloc(8);
  wanted.writeInt32BE(8, 0);
  wanted.writeInt32BE(80_877_103, 4); // SSLRequest
  socket.on("connect", () => socket.write(wanted));
  socket.once("data", (answer) => {
    if (answer.toString("latin1") !== "S") return void socket.destroy();
    const names = isIP(host) === 0 ? { servername: host } : {};
    const secured = connectTls({ ...ssl, ...names, host, socket });
    secured.on("error", () => socket.destroy());
    secured.on("secureConnect", () => secured.write(request));
    secured.resume();
  });
}

function keysOf(client: Client): { readonly processID?: number; readonly secretKey?: number } {
  const { processID, secretKey } = client as { processID?: unknown; secretKey?: unknown }; // the driver's, not in its types
  return {
    ...(typeof processID === "number" && { processID }),
    ...(typeof secretKey === "number" && { secretKey }),
  };
}

function streamOf(client: Client): { destroy(): void } | undefined {
  return (client as { connection?: { stream?: { destroy(): void } } }).connection?.stream; // the driver's, not in its types
}

function unnamed(text: string): Prepared {
  return { name: "", text: numbered(text), isProven: false };
}

/** Whether the server refuses a statement because its table has had columns of other types since it was prepared; it has done nothing. */
function isStale(failure: Error, { name, isProven }: Prepared): boolean {
  return name !== "" && isProven && isOfServer(failure) && failure.code === "0A000";
}

function tableChanged(cause: Error): Fault {
  return new Fault("TRANSACTION_CONFLICT", "a table was changed meanwhile; ask again", { cause });
}

/** The places of parameters, numbered as this server wants them. */
function numbered(text: string): string {
  let number = 0;
  return text.replaceAll(PLACE, () => `$${++number}`);
}

/** Bytes go as they are, everything else as text. */
function wireValue(value: SqlValue): WireValue {
  if (value === null || typeof value === "string") return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length);
  return String(value);
}

/** An error that the server reported, with its SQLSTATE. */
export function isOfServer(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "severity" in error && "code" in error && typeof error.code === "string";
}

function isFatal(error: Error): boolean {
  return "severity" in error && (error.severity === "FATAL" || error.severity === "PANIC");
}
