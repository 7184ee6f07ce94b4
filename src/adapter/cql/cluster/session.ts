/** The cluster as this process reaches it: connected when first needed, again after it was lost, and never asked twice for what may have happened. */

import type { Client, ClientOptions, policies, QueryOptions } from "cassandra-driver";
import type { Call } from "../../../model/call.ts";
import { Fault } from "../../../model/fault.ts";
import { NotSent } from "../../adapter.ts";
import { loadDriver, type CqlDriver, type CqlRow, type CqlValue } from "./driver.ts";
import { NotConnected } from "../../runtime/link-failure.ts";
import { onAnyHost, retryPolicy } from "./retry.ts";
import type { Settings } from "../settings.ts";
import { signingIn, tlsOf } from "./sign-in.ts";

export interface Statement {
  readonly text: string;
  /** In the order of the text. */
  readonly parameters: readonly CqlValue[];
  /** As the driver numbers them. */
  readonly consistency: number;
  /** Of a lightweight transaction. */
  readonly serial?: number;
  /** Whether it may be sent again to another host: reads alone are. */
  readonly isRead: boolean;
  /** Rows of one page of the answer. */
  readonly page?: { readonly rows: number; readonly state: string | undefined };
}

/** Statements of one batch. */
export interface StatementUnit {
  readonly statements: readonly { readonly text: string; readonly parameters: readonly CqlValue[] }[];
  /** As the driver numbers them. */
  readonly consistency: number;
  /** Of a batch with conditions. */
  readonly serial?: number;
}

export interface Answer {
  readonly rows: readonly CqlRow[];
  /** Where the answer goes on; undefined at its end. */
  readonly next: string | undefined;
  /** Absent where it has no rows. */
  readonly columns?: readonly CqlAnswerColumn[];
}

/** As the driver tells it. */
export interface CqlAnswerColumn {
  readonly name: string;
  readonly type: CqlColumnType;
}

export interface CqlColumnType {
  readonly code: number;
  /** Of what a type is made of: one type, several, or a named type of fields. */
  readonly info?: unknown;
}

/** Waits between attempts to connect: they double from the first to the last, give or take a fifth. Milliseconds. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

export class Session {
  readonly #settings: Settings;
  #client: Client | undefined;
  #connecting: Promise<Client> | undefined;
  #failures = 0;
  #closedUntil = -Infinity;
  #isClosed = false;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Rejects with the driver's own error, NotConnected, or NotSent. */
  async run(statement: Statement, call: Call): Promise<Answer> {
    const client = this.#client ?? (await this.#connected(false));
    if (call.aborted) throw new NotSent("the call ended before its statement was sent");
    const { text, parameters, consistency, serial, isRead, page } = statement;
    const options: QueryOptions = {
      prepare: true,
      consistency,
      isIdempotent: isRead,
      readTimeout: this.#patience(call),
      ...(serial !== undefined && { serialConsistency: serial }),
      ...(page && { fetchSize: page.rows, ...(page.state !== undefined && { pageState: page.state }) }),
    };
    const { rows, pageState, columns } = await onAnyHost(client.hosts.length, () =>
      client.execute(text, parameters, options),
    );
    // The driver's rows are objects by the names of their columns; an answer without rows has none.
    return {
      rows: (rows ?? []) as unknown as readonly CqlRow[],
      next: pageState ?? undefined,
      columns: columns ?? [],
    };
  }

  /** Writes of one partition, as one; answers as `run` does. */
  async runTogether(unit: StatementUnit, call: Call): Promise<Answer> {
    const client = this.#client ?? (await this.#connected(false));
    if (call.aborted) throw new NotSent("the call ended before its statements were sent");
    const { statements, consistency, serial } = unit;
    const options: QueryOptions = {
      prepare: true,
      logged: true,
      consistency,
      isIdempotent: false,
      readTimeout: this.#patience(call),
      ...(serial !== undefined && { serialConsistency: serial }),
    };
    const queries = statements.map(({ text, parameters }) => ({ query: text, params: [...parameters] }));
    const { rows } = await onAnyHost(client.hosts.length, () => client.batch(queries, options));
    return { rows: (rows ?? []) as unknown as readonly CqlRow[], next: undefined }; // as in `run`
  }

  /** A statement that changes tables; resolves when the hosts agree on it. */
  async define(text: string): Promise<void> {
    const client = this.#client ?? (await this.#connected(false));
    await client.execute(text, [], { prepare: false, isIdempotent: false });
  }

  /** Resolves when the cluster answers; connects also where calls are kept from it. */
  async ping(call: Call): Promise<void> {
    const client = this.#client ?? (await this.#connected(true));
    const options = { prepare: true, isIdempotent: true, consistency: 1, readTimeout: this.#patience(call) };
    await onAnyHost(client.hosts.length, () => client.execute("SELECT key FROM system.local", [], options));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const client = this.#client ?? (await this.#connecting?.catch(() => undefined));
    await client?.shutdown();
  }

  /** The driver wants at least a millisecond, and 0 would be for ever. */
  #patience(call: Call): number {
    const left = Math.ceil(call.deadline - performance.now());
    return Math.max(1, Math.min(left, this.#settings.numbers.request_timeout_ms));
  }

  #connected(force: boolean): Promise<Client> {
    if (this.#isClosed) return Promise.reject(new NotConnected());
    if (!force && !this.#connecting && performance.now() < this.#closedUntil) return Promise.reject(new NotConnected());
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<Client> {
    try {
      const client = await connect(this.#settings);
      this.#failures = 0;
      this.#closedUntil = -Infinity;
      this.#client = client;
      return client;
    } catch (error) {
      const pause = Math.min(FIRST_PAUSE * 2 ** this.#failures, LONGEST_PAUSE) * (0.8 + Math.random() * 0.4);
      this.#failures += 1;
      this.#closedUntil = performance.now() + pause;
      if (error instanceof Fault) throw error;
      throw new NotConnected(error);
    }
  }
}

async function connect(settings: Settings): Promise<Client> {
  const driver = await loadDriver();
  const client = new driver.Client(await optionsOf(driver, settings));
  try {
    await client.connect();
    refuseSeveralCentres(client, settings);
    await client.metadata.refreshKeyspace(settings.keyspace); // which replicas have a token; nothing where there is no such keyspace
    return client;
  } catch (error) {
    await client.shutdown().catch(() => {});
    throw error;
  }
}

/** Without a local data centre any host is as good as another, which is true where there is one centre alone. */
function refuseSeveralCentres(client: Client, { localDc }: Settings): void {
  const centres = new Set(
    client
      .getState()
      .getConnectedHosts()
      .map(({ datacenter }) => datacenter),
  );
  for (const host of client.hosts.values()) centres.add(host.datacenter);
  if (localDc === undefined && centres.size > 1)
    throw new Fault(
      "STORE_UNAVAILABLE",
      `the cluster has ${centres.size} data centres; say in the url which is near, as local_dc`,
    );
  if (localDc !== undefined && !centres.has(localDc))
    throw new Fault("STORE_UNAVAILABLE", "the cluster has no data centre of the name that the url has as local_dc");
}

/** Of the hosts that others tell of, which come without one: a cluster has one port. */
function portOf([first = ""]: readonly string[]): number {
  return Number(/:(\d+)$/u.exec(first)?.[1] ?? 9042);
}

async function optionsOf(driver: CqlDriver, settings: Settings): Promise<ClientOptions> {
  const { hosts, localDc, numbers, protocol } = settings;
  const { TokenAwarePolicy, DCAwareRoundRobinPolicy, RoundRobinPolicy } = driver.policies.loadBalancing;
  const { ConstantSpeculativeExecutionPolicy } = driver.policies.speculativeExecution;
  const near: policies.loadBalancing.LoadBalancingPolicy =
    localDc === undefined ? new RoundRobinPolicy() : new DCAwareRoundRobinPolicy(localDc);
  const tls = await tlsOf(settings);
  return {
    contactPoints: [...hosts],
    ...(localDc !== undefined && { localDataCenter: localDc }),
    ...(settings.user !== "" && { authProvider: signingIn(driver, settings) }),
    ...(tls && { sslOptions: tls }),
    protocolOptions: { port: portOf(hosts), ...(protocol !== undefined && { maxVersion: protocol }) },
    policies: {
      loadBalancing: new TokenAwarePolicy(near),
      retry: retryPolicy(driver),
      // Of what may be sent twice alone, which reads are.
      ...(settings.speculative !== undefined && {
        speculativeExecution: new ConstantSpeculativeExecutionPolicy(settings.speculative, 1),
      }),
      reconnection: new driver.policies.reconnection.ExponentialReconnectionPolicy(FIRST_PAUSE, LONGEST_PAUSE, false),
    },
    pooling: {
      heartBeatInterval: numbers.keep_alive_ms,
      maxRequestsPerConnection: numbers.requests_per_connection,
      coreConnectionsPerHost: {
        [driver.types.distance.local]: numbers.connections_per_host,
        [driver.types.distance.remote]: 1,
      },
    },
    socketOptions: {
      connectTimeout: numbers.connect_timeout_ms,
      keepAlive: true,
      keepAliveDelay: numbers.keep_alive_ms,
      readTimeout: numbers.request_timeout_ms,
    },
    queryOptions: { prepare: true, isIdempotent: false },
    maxPrepared: numbers.prepared,
    // Else every change of any table of the cluster has each sidecar read the schema anew.
    isMetadataSyncEnabled: false,
    // Exact numbers, and maps whose keys are not made text.
    encoding: { useBigIntAsLong: true, useBigIntAsVarint: true, map: Map },
  };
}
