/** Connections by the driver: statements as text, in the order they were sent, values as the server gives them. */

import { connect as connectSocket, isIP, type Socket } from "node:net";
import { getCACertificates } from "node:tls";
import type { Connection, ConnectionConfig } from "mariadb";
import { TransientSet } from "../../containers/transient-set.ts";
import { Fault } from "../../model/fault.ts";
import type { SqlValue } from "../sql/sql-value.ts";
import { NotConnected } from "../runtime/link-failure.ts";
import { LinkLost, type Answer, type Link, type Statement } from "../sql/server/connection/link.ts";
import type { Credentials, TlsOptions } from "../sql/server/connection/credentials.ts";
import { statementLimit } from "../sql/server/connection/statement-limit.ts";
import { endsConnection, isOfServer } from "./failure.ts";
import type { Flavour } from "./flavour.ts";

export interface ConnectionOptions {
  readonly flavour: Flavour;
  readonly host: string;
  readonly port: number;
  /** Whether a server that takes no writes is as good as none, because there are others. */
  readonly isWritten: boolean;
  readonly user: string;
  readonly database: string;
  /** Asked at every connection. */
  readonly credentials: () => Promise<Credentials>;
  readonly applicationName: string;
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Milliseconds after which the server itself gives up a statement, or a wait for a lock. */
  readonly statementTimeout: number;
}

export type Connect = (config: ConnectionConfig) => Promise<Connection>;

/** Said at every connection, whatever the server, the database or the user have as their own. */
const SESSION = [
  // What the driver says of its alphabet is not heard by a server with skip-character-set-client-handshake.
  "character_set_client = utf8mb4",
  "character_set_connection = utf8mb4",
  "character_set_results = utf8mb4",
  // What does not fit is refused, never cut; a backslash in a text is the driver's escape.
  "sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
  "time_zone = '+00:00'",
  "autocommit = 1",
  "foreign_key_checks = 1",
  "unique_checks = 1",
  "sql_safe_updates = 0",
  "sql_select_limit = 18446744073709551615",
];

/** Rejects with NotConnected; with a Fault where the server is another than the url says. */
export async function openLink(connect: Connect, options: ConnectionOptions): Promise<Link> {
  const { flavour, statementTimeout } = options;
  let socket: Socket | undefined;
  let connection: Connection | undefined;
  let facts: readonly SqlValue[];
  try {
    const config = await configOf(options, (made) => (socket = made));
    connection = await connect(config);
    connection.on("error", () => {}); // without a listener a connection that breaks would end the process
    const own = [...flavour.session(statementTimeout), ...flavour.limits(statementTimeout)];
    const asking = Promise.allSettled([
      connection.query<SqlValue[][]>("SELECT version(), @@max_allowed_packet, connection_id(), @@global.read_only"),
      connection.query(`SET SESSION ${[...SESSION, ...own].join(", ")}`),
      // Nothing between the keys is locked: writers of different rows do not meet.
      connection.query("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE"),
    ]);
    const [asked, ...said] = await within(options.connectTimeout, asking);
    if (asked.status === "rejected") throw asked.reason;
    facts = asked.value[0] ?? [];
    // Another server does not know all that is said to it.
    if (!flavour.isIt(String(facts[0]))) throw stranger(flavour, String(facts[0]));
    for (const each of said) if (each.status === "rejected") throw each.reason;
    if (options.isWritten && !/^(?:0|OFF)$/u.test(String(facts[3]))) throw new Error("the server takes no writes");
  } catch (error) {
    socket?.destroy();
    throw error instanceof Fault ? error : new NotConnected(error);
  }
  const [, packet = 0, id = 0] = facts;
  const kill = async (): Promise<void> => killQuery(connect, options, BigInt(String(id)));
  return new MysqlLink(connection, { socket, mostBytes: Number(packet), kill, flavour, mostTime: statementTimeout });
}

function stranger({ scheme }: Flavour, version: string): Fault {
  return new Fault(
    "FIELD_INVALID",
    `the server at the url is no ${scheme}: it calls itself ${version.slice(0, 60)}; give the url the scheme it has`,
  );
}

/** The driver's own limit ends with the sign-in, and it does not notice every end of a socket. */
async function within<Result>(time: number, work: Promise<Result>): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("the server signed in and says nothing")), time);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The server may not send us elsewhere; the option is not in the driver's types. */
interface Config extends ConnectionConfig {
  readonly permitRedirect: false;
}

async function configOf(options: ConnectionOptions, made: (socket: Socket) => void): Promise<Config> {
  const { host, port, user, database, applicationName, connectTimeout } = options;
  const { password = "", tls } = await options.credentials();
  return {
    host,
    port,
    user,
    database,
    // Never undefined: the driver would look into the environment.
    password,
    // A socket of ours, which can be closed whatever the driver is doing.
    stream: () => {
      const socket = connectSocket(port, host);
      socket.setNoDelay(true);
      made(socket);
      return socket;
    },
    ...(tls && { ssl: believing(tls, host) }),
    allowPublicKeyRetrieval: tls !== undefined,
    connectAttributes: { program_name: applicationName },
    connectTimeout,
    keepAliveDelay: 60_000,
    charset: "utf8mb4",
    rowsAsArray: true,
    dateStrings: true,
    autoJsonMap: false,
    pipelining: true,
    permitLocalInfile: false,
    permitRedirect: false,
    // An UPDATE answers the rows it found, also those that it left as they were.
    foundRows: true,
    // Nothing of a statement goes into an error or a log.
    logParam: false,
    trace: false,
    logger: { warning: () => {} },
  };
}

/**
 * The driver tells nobody which host its socket leads to, and takes the word of a server of MariaDB's that knows the password where no
 * authority is named.
 */
function believing(
  tls: TlsOptions,
  host: string,
): TlsOptions & { readonly host: string; readonly servername?: string } {
  const ca = tls.rejectUnauthorized ? (tls.ca ?? getCACertificates("default")) : tls.ca;
  return { ...tls, host, ...(isIP(host) === 0 && { servername: host }), ...(ca !== undefined && { ca }) };
}

/** On a connection of its own. Best effort. */
async function killQuery(connect: Connect, options: ConnectionOptions, id: bigint): Promise<void> {
  let socket: Socket | undefined;
  const late = setTimeout(() => socket?.destroy(), options.connectTimeout);
  try {
    const connection = await connect(await configOf(options, (made) => (socket = made)));
    connection.on("error", () => {});
    await connection.query(`KILL QUERY ${id}`);
  } finally {
    clearTimeout(late);
    socket?.destroy();
  }
}

/** Milliseconds that a statement of several callers waits for a row; servers count in seconds. */
const PATIENCE = 1_000;

/** Bytes of a statement beside its text and its values: quotes, commas, the packet's head. */
const FRAME = 1_024;

const IN_TRANSACTION = 1; // SERVER_STATUS_IN_TRANS

interface LinkOptions {
  readonly flavour: Flavour;
  readonly socket: Socket | undefined;
  /** Of a statement. */
  readonly mostBytes: number;
  /** Milliseconds that the server may work on a statement, as the connection was told at its start. */
  readonly mostTime: number;
  readonly kill: () => Promise<void>;
}

class MysqlLink implements Link {
  readonly #connection: Connection;
  readonly #options: LinkOptions;
  /** Milliseconds that the server was told last, and is to be told. */
  #limit: number;
  #wanted: number;
  /** Of statements that are not answered. */
  readonly #running = new TransientSet<(error: Error) => void>();
  #isLost = false;

  constructor(connection: Connection, options: LinkOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#limit = this.#wanted = options.mostTime;
    connection.on("error", (error: unknown) => this.#lose(error));
    connection.on("end", () => this.#lose());
    options.socket?.on("close", () => this.#lose());
  }

  run({ text, parameters, shared = false }: Statement): Promise<Answer> {
    if (this.#isLost) return Promise.reject(new LinkLost());
    if (sizeOf(text, parameters) > this.#options.mostBytes)
      return Promise.reject(
        new Fault("ROW_TOO_LARGE", "the statement is larger than the server takes (max_allowed_packet)"),
      );
    const { impatient } = this.#options.flavour;
    this.#tellLimit(shared && !impatient ? PATIENCE : Infinity);
    return this.#send({ text: shared && impatient ? impatient(text) : text, parameters });
  }

  limit(left: number): void {
    this.#wanted = statementLimit(left, this.#options.mostTime);
  }

  /** @param most milliseconds of the next statement */
  #tellLimit(most: number): void {
    const wanted = Math.min(this.#wanted, most);
    if (wanted === this.#limit) return;
    this.#limit = wanted;
    const text = `SET SESSION ${this.#options.flavour.limits(wanted).join(", ")}`;
    this.#send({ text, parameters: [] }).catch(() => {
      this.#limit = Number.NaN; // said again
    });
  }

  #send({ text, parameters }: Statement): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#running.add(reject);
      const values = parameters.length === 0 ? undefined : parameters.map(wireValue);
      this.#connection
        .query<SqlValue[][] | { readonly affectedRows: number }>(text, values)
        .then(
          (told) =>
            resolve(Array.isArray(told) ? { rows: told, affected: 0 } : { rows: [], affected: told.affectedRows }),
          (error: unknown) => reject(this.#failed(error)),
        )
        .finally(() => this.#running.delete(reject));
    });
  }

  #failed(error: unknown): Error {
    if (!isOfServer(error)) {
      this.#lose(error);
      return new LinkLost(error);
    }
    if (endsConnection(String(error.errno)) || !this.#connection.isValid()) this.#lose();
    return error;
  }

  isInTransaction(): boolean {
    return this.#running.size > 0 || ((this.#connection.info?.status ?? 0) & IN_TRANSACTION) !== 0;
  }

  isLost(): boolean {
    return this.#isLost;
  }

  cancel(): void {
    void this.#options.kill().catch(() => {});
  }

  end(): void {
    const isIdle = this.#running.size === 0 && !this.#isLost;
    this.#isLost = true;
    if (isIdle) return void this.#connection.end().catch(() => this.#options.socket?.destroy());
    this.#lose();
  }

  /** The driver does not notice every end of a socket. */
  #lose(error?: unknown): void {
    this.#isLost = true;
    this.#options.socket?.destroy();
    for (let reject = this.#running.first; reject; reject = this.#running.first) {
      this.#running.delete(reject);
      reject(new LinkLost(error));
    }
  }
}

/** About, and never less where it is much: characters that are escaped count twice. */
function sizeOf(text: string, parameters: readonly SqlValue[]): number {
  let bytes = FRAME + text.length;
  for (const value of parameters) {
    if (typeof value === "string") bytes += value.length < 65_536 ? value.length * 3 : Buffer.byteLength(value) * 1.1;
    else bytes += value instanceof Uint8Array ? value.length * 1.1 : 32;
  }
  return bytes;
}

/** Bytes go as they are. */
function wireValue(value: SqlValue): SqlValue {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.length) : value;
}
