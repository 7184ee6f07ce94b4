/** What may be configured of a store: `SCHEME://user:password@host:port/keyspace?hosts=…&local_dc=…`, and numbers. */

import type { CheckSettings, SettingProblem, StoreSettings } from "../opening.ts";
import { refuseProblems } from "../setting-problem.ts";
import { SSL_MODES, TLS_FILES, tlsProblems, type TlsParameters } from "../tls-parameters.ts";
import { READ_LEVELS, WRITE_LEVELS, type Level, type Levels } from "./cluster/consistency.ts";

/** Whole numbers above 0; times in milliseconds. */
const NUMBERS = {
  /** How long a connection may take to be there. */
  connect_timeout_ms: 10_000,
  /** The longest that a statement is waited for, whatever its call's deadline is. */
  request_timeout_ms: 30_000,
  /** Between signs of life on a connection that nobody uses. */
  keep_alive_ms: 15_000,
  /** Statements kept prepared. */
  prepared: 1_000,
  /** Requests under way on one connection; those beyond it are refused. */
  requests_per_connection: 2_048,
  /** Connections to each host. */
  connections_per_host: 1,
  /** Most bytes of a batch over several partitions; the database has a limit of its own (batch_size_fail_threshold). */
  batch_bytes: 51_200,
};

/** Off unless they are said to be true. */
const SWITCHES = {
  /** Whether a Put, or a Delete with allow_missing, of entities without a version is written without its row being read. */
  blind_writes: false,
  /** Whether such writes of several partitions may be one batch. */
  logged_batches: false,
  /** Whether the store gives this process its number in Snowflake ids. */
  node_numbers: false,
  /** Whether indexes are plain ones, of a database without storage-attached ones. */
  plain_indexes: false,
  /** Whether unique indexes are kept, in a table of their own. */
  unique_tables: false,
  /** Whether raw statements are taken. */
  statements: false,
};

type Switches = { readonly [Name in keyof typeof SWITCHES]: boolean };

type Numbers = { readonly [Name in keyof typeof NUMBERS]: number };

const PROTOCOLS = ["3", "4"] as const;
const PARAMETERS = [
  "hosts",
  "local_dc",
  "read_consistency",
  "write_consistency",
  "serial_consistency",
  "protocol_version",
  "replication_factor",
  "speculative_ms",
  "sslmode",
  ...TLS_FILES,
] as const;

export interface Settings {
  /** `host:port`. */
  readonly hosts: readonly string[];
  readonly keyspace: string;
  readonly user: string;
  readonly password: string | undefined;
  /** Read again at every connection. */
  readonly passwordFile: string | undefined;
  /** Undefined: there must be one alone. */
  readonly localDc: string | undefined;
  readonly levels: Levels;
  /** The newest to be spoken; undefined is what both know. */
  readonly protocol: number | undefined;
  /** Of a keyspace that is made because it is not there; undefined makes none. */
  readonly replication: number | undefined;
  /** Milliseconds after which a read is asked of another host too; undefined is never. */
  readonly speculative: number | undefined;
  readonly tls: TlsParameters;
  readonly numbers: Numbers;
  readonly switches: Switches;
}

const PORT = 9_042;

/** @throws Fault that says the first thing that is wrong */
export function settingsOf(options: StoreSettings): Settings {
  const { settings, problems } = read(options);
  refuseProblems(options, problems);
  return settings;
}

export const checkSettings: CheckSettings = async (options) => {
  const { settings, problems } = read(options);
  const { hosts, keyspace } = settings;
  return { problems, ...(problems.length === 0 && { place: `cql ${hosts[0]}/${keyspace}` }) };
};

function read({ url, settings: given, passwordFile }: StoreSettings): {
  readonly settings: Settings;
  readonly problems: readonly SettingProblem[];
} {
  const problems: SettingProblem[] = [];
  const wrong = (reason: string): void => void problems.push({ setting: "url", reason });
  const { numbers, switches } = givenIn(given, problems);
  const parameters = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (parameters.has(name)) wrong(`has the parameter ${name} twice; say it once`);
    if (isOneOf(name, PARAMETERS)) parameters.set(name, value);
    else
      wrong(
        `has the parameter ${/^\w{1,40}$/u.test(name) ? name : "?"}, which is not one of ${PARAMETERS.join(", ")}; remove it`,
      );
  }
  const choice = <Name extends string>(name: string, names: readonly Name[], byDefault: Name): Name => {
    const value = parameters.get(name);
    if (value === undefined) return byDefault;
    if (isOneOf(value, names)) return value;
    wrong(`has a ${name} that is none of ${names.join(", ")}`);
    return byDefault;
  };
  const form = `it must be ${url.protocol}//host:port/keyspace`;
  if (url.host === "") wrong(`names no host; ${form}`);
  const keyspace = decodeURIComponent(url.pathname.slice(1));
  if (!/^\w{1,48}$/u.test(keyspace)) wrong(`names no keyspace of 1 to 48 letters, digits and underscores; ${form}`);
  const levels: Levels = {
    read: choice<Level>("read_consistency", READ_LEVELS, "quorum"),
    write: choice<Level>("write_consistency", WRITE_LEVELS, "quorum"),
    serial: choice("serial_consistency", ["serial", "local_serial"], "serial"),
  };
  const factor = parameters.get("replication_factor");
  if (factor !== undefined && !/^[1-9]\d?$/u.test(factor))
    wrong("has a replication_factor that is no number from 1 to 99");
  const speculative = parameters.get("speculative_ms");
  if (speculative !== undefined && !/^[1-9]\d{0,4}$/u.test(speculative))
    wrong("has a speculative_ms that is no number of milliseconds from 1 to 99999");
  const protocol = parameters.has("protocol_version") ? choice("protocol_version", PROTOCOLS, "4") : undefined;
  const files = Object.fromEntries(
    TLS_FILES.flatMap((name) => {
      const file = parameters.get(name);
      return file === undefined ? [] : [[name, file]];
    }),
  );
  const tls: TlsParameters = { mode: choice("sslmode", SSL_MODES, "disable"), files };
  for (const problem of tlsProblems(tls)) wrong(problem);
  const settings: Settings = {
    hosts: hostsOf(url, parameters.get("hosts")),
    keyspace,
    user: decodeURIComponent(url.username),
    password: url.password === "" ? undefined : decodeURIComponent(url.password),
    passwordFile,
    localDc: parameters.get("local_dc"),
    levels,
    protocol: protocol === undefined ? undefined : Number(protocol),
    replication: factor === undefined ? undefined : Number(factor),
    speculative: speculative === undefined ? undefined : Number(speculative),
    tls,
    numbers,
    switches,
  };
  return { problems, settings };
}

function givenIn(
  given: StoreSettings["settings"],
  problems: SettingProblem[],
): { readonly numbers: Numbers; readonly switches: Switches } {
  const [numbers, switches] = [{ ...NUMBERS }, { ...SWITCHES }];
  for (const [setting, value] of Object.entries(given)) {
    const name = setting === "pool.max" ? "connections_per_host" : setting; // as all stores call it
    if (isSwitch(name)) {
      if (typeof value === "boolean") switches[name] = value;
      else problems.push({ setting, reason: "must be true or false" });
    } else if (!isNumber(name)) {
      const known = [...Object.keys(NUMBERS), ...Object.keys(SWITCHES)].join(", ");
      problems.push({ setting, reason: `is no setting of this store, which has ${known}; correct or remove it` });
    } else if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) numbers[name] = value;
    else problems.push({ setting, reason: "must be a whole number above 0" });
  }
  if (switches.logged_batches && !switches.blind_writes)
    problems.push({
      setting: "logged_batches",
      reason: "needs blind_writes, because no batch over several partitions can look at its rows; set both",
    });
  return { numbers, switches };
}

function isSwitch(name: string): name is keyof Switches {
  return Object.hasOwn(SWITCHES, name);
}

/** A host without a port has the url's, which is 9042 where it has none either. */
function hostsOf(url: URL, others: string | undefined): readonly string[] {
  const port = url.port === "" ? PORT : Number(url.port);
  const more = (others ?? "").split(",").filter((host) => host !== "");
  return [`${url.hostname}:${port}`, ...more.map((host) => (/:\d+$/u.test(host) ? host : `${host}:${port}`))];
}

function isNumber(name: string): name is keyof Numbers {
  return Object.hasOwn(NUMBERS, name);
}

function isOneOf<Name extends string>(name: string, names: readonly Name[]): name is Name {
  return (names as readonly string[]).includes(name); // a readonly array of literals takes no other string
}
