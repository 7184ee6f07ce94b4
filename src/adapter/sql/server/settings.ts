/** What may be configured of a database server: `SCHEME://user:password@host:port/database?sslmode=verify-full`, and numbers. */

import type { CheckedSettings, SettingProblem, StoreSettings } from "../../opening.ts";
import { refuseProblems } from "../../setting-problem.ts";
import { SSL_MODES, TLS_FILES, tlsProblems, type TlsParameters } from "../../tls-parameters.ts";
import type { PoolOptions } from "./connection/pool.ts";

/** Whole numbers from 1 to `MOST`; times in milliseconds. */
const NUMBERS = {
  /** Most connections. */
  "pool.max": 10,
  /** Most calls that wait for a connection. */
  queue: 4_096,
  connect_timeout_ms: 5_000,
  /** After so long without use a connection is closed. */
  idle_ms: 300_000,
  /** After about so long a connection is replaced. */
  lifetime_ms: 1_800_000,
  /** After so long the server itself gives up a statement, or a transaction in which nothing happens. */
  statement_timeout_ms: 35_000,
  /** So many attempts to connect that fail in a row keep calls from trying. */
  breaker_failures: 5,
  /** For so long, or until a look at the store succeeds. */
  breaker_ms: 30_000,
  /** Between sweeps of expired rows. */
  sweep_interval_ms: 60_000,
};

/** Longest delay a timer can hold; a longer one would end at once. */
const MOST = 2_147_483_647;

type Numbers = { readonly [Name in keyof typeof NUMBERS]: number };

export interface Host {
  readonly host: string;
  readonly port: number;
}

/** `host` and `port` are the first of `hosts`. */
export interface ServerSettings extends Host {
  /** Tried in this order. */
  readonly hosts: readonly Host[];
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly tls: TlsParameters;
  readonly applicationName: string;
  /** Whether a pooler stands between that lends a connection of the server for each transaction. */
  readonly isPooled: boolean;
  readonly numbers: Numbers;
}

/** What is one database's own. */
export interface ServerUrl {
  /** For messages. */
  readonly scheme: string;
  readonly port: number;
  /** Whether the url may name several hosts; absent is no. */
  readonly several?: boolean;
  /** Whether it can be asked through a pooler that lends connections for a transaction; absent is no. */
  readonly poolable?: boolean;
}

/** @throws Fault that says the first thing that is wrong */
export function serverSettings(server: ServerUrl, options: StoreSettings): ServerSettings {
  const { settings, problems } = read(server, options);
  refuseProblems(options, problems);
  return settings;
}

/** @param kind of server, for the place */
export function checkServerSettings(server: ServerUrl, kind: string, options: StoreSettings): CheckedSettings {
  const { settings, problems } = read(server, options);
  const { hosts, database } = settings;
  const places = hosts.map(({ host, port }) => `${host}:${port}`).join(",");
  return { problems, ...(problems.length === 0 && { place: `${kind} ${places}/${database}` }) };
}

function read(
  server: ServerUrl,
  { url, settings: given }: StoreSettings,
): {
  readonly settings: ServerSettings;
  readonly problems: readonly SettingProblem[];
} {
  const problems: SettingProblem[] = [];
  const wrong = (reason: string): void => void problems.push({ setting: "url", reason });
  const numbers = { ...NUMBERS };
  for (const [setting, value] of Object.entries(given)) {
    if (!isNumber(setting)) {
      const known = Object.keys(NUMBERS).join(", ");
      problems.push({ setting, reason: `is no setting of this store, which has ${known}; correct or remove it` });
    } else if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= MOST)
      numbers[setting] = value;
    else problems.push({ setting, reason: `must be a whole number from 1 to ${MOST}` });
  }
  const database = decodeURIComponent(url.pathname.slice(1));
  const user = decodeURIComponent(url.username);
  const password = url.password === "" ? undefined : decodeURIComponent(url.password);
  if (url.host === "") wrong(`names no host; it must be ${server.scheme}://user@host:port/database`);
  if (database === "" || database.includes("/"))
    wrong(`names no database; it must be ${server.scheme}://user@host:port/database`);
  if (user === "") wrong("names no user; give it one, or set username");
  if (url.hash !== "") wrong("has a #, behind which nothing counts; a # itself is written %23");
  const files: { [Name in (typeof TLS_FILES)[number]]?: string } = {};
  let mode: ServerSettings["tls"]["mode"] = "disable";
  let applicationName = "pannier";
  let more: readonly string[] = [];
  let isPooled = false;
  const seen = new Set<string>();
  for (const [name, value] of url.searchParams) {
    if (seen.has(name)) wrong(`has the parameter ${/^\w{1,40}$/u.test(name) ? name : "?"} twice; say it once`);
    seen.add(name);
    if (name === "sslmode" && isOneOf(value, SSL_MODES)) mode = value;
    else if (name === "sslmode")
      wrong(`has an sslmode that is none of ${SSL_MODES.join(", ")}: others would fall back to no encryption`);
    else if (isOneOf(name, TLS_FILES)) files[name] = value;
    else if (name === "application_name") applicationName = value;
    else if (name === "hosts" && server.several === true) more = value.split(",");
    else if (name === "pooler" && server.poolable === true) {
      if (value === "transaction") isPooled = true;
      else wrong("has a pooler that is not transaction, the one kind that must be said");
    } else
      wrong(
        `has the parameter ${/^\w{1,40}$/u.test(name) ? name : "?"}, which is not one of sslmode, ${TLS_FILES.join(", ")}, application_name${server.several === true ? ", hosts" : ""}${server.poolable === true ? ", pooler" : ""}; remove it`,
      );
  }
  const tls = { mode, files };
  for (const problem of tlsProblems(tls)) wrong(problem);
  const hostOf = ({ hostname, port }: URL): Host => ({
    host: hostname.replace(/^\[(.*)\]$/u, "$1"),
    port: port === "" ? server.port : Number(port),
  });
  const others = more.map((place) => (URL.canParse(`tcp://${place}`) ? new URL(`tcp://${place}`) : undefined));
  if (others.some((place) => place === undefined || place.host === "" || place.href !== `tcp://${place.host}`))
    wrong("has hosts that are not host:port,host:port");
  const first = hostOf(url);
  const hosts = [first, ...others.flatMap((place) => (place ? [hostOf(place)] : []))];
  return { problems, settings: { ...first, hosts, user, password, database, tls, applicationName, isPooled, numbers } };
}

function isNumber(name: string): name is keyof Numbers {
  return Object.hasOwn(NUMBERS, name);
}

function isOneOf<Name extends string>(name: string, names: readonly Name[]): name is Name {
  return (names as readonly string[]).includes(name); // a readonly array of literals takes no other string
}

/** How the settings bound the pool. */
export function poolSettings({ numbers }: ServerSettings): Omit<PoolOptions, "connect"> {
  return {
    most: numbers["pool.max"],
    waiting: numbers.queue,
    idleTime: numbers.idle_ms,
    lifetime: numbers.lifetime_ms,
    grace: 1_000,
    breaker: { failures: numbers.breaker_failures, time: numbers.breaker_ms },
  };
}
