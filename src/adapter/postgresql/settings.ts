/** What may be configured of a store: `postgres://user:password@host:port/database?sslmode=verify-full`, and numbers. */

import { Fault } from "../../model/fault.ts";
import type { CheckSettings, SettingProblem, StoreSettings } from "../adapter.ts";

/** Whole numbers above 0; times in milliseconds. */
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
  /** Between sweeps of expired rows. */
  sweep_interval_ms: 60_000,
};

type Numbers = { readonly [Name in keyof typeof NUMBERS]: number };

const SSL_MODES = ["disable", "require", "verify-ca", "verify-full"] as const;

export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly tls: { readonly mode: (typeof SSL_MODES)[number]; readonly files: { readonly [name: string]: string } };
  readonly applicationName: string;
  readonly numbers: Numbers;
}

/** Files that TLS needs, by the url's parameter. */
const TLS_FILES = ["sslrootcert", "sslcert", "sslkey"] as const;

/** @throws Fault that says the first thing that is wrong */
export function settingsOf(options: StoreSettings): Settings {
  const { settings, problems } = read(options);
  const [problem] = problems;
  if (problem)
    throw new Fault("FIELD_INVALID", `store ${options.store}: the setting ${problem.setting} ${problem.reason}`);
  return settings;
}

export const checkSettings: CheckSettings = async (options) => {
  const { settings, problems } = read(options);
  const { host, port, database } = settings;
  return { problems, ...(problems.length === 0 && { place: `postgresql ${host}:${port}/${database}` }) };
};

function read({ url, settings: given }: StoreSettings): {
  readonly settings: Settings;
  readonly problems: readonly SettingProblem[];
} {
  const problems: SettingProblem[] = [];
  const wrong = (reason: string): void => void problems.push({ setting: "url", reason });
  const numbers = { ...NUMBERS };
  for (const [setting, value] of Object.entries(given)) {
    if (!isNumber(setting)) {
      const known = Object.keys(NUMBERS).join(", ");
      problems.push({ setting, reason: `is no setting of this store, which has ${known}; correct or remove it` });
    } else if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) numbers[setting] = value;
    else problems.push({ setting, reason: "must be a whole number above 0" });
  }
  const database = decodeURIComponent(url.pathname.slice(1));
  const user = decodeURIComponent(url.username);
  if (url.host === "") wrong("names no host; it must be postgres://user@host:port/database");
  if (database === "" || database.includes("/"))
    wrong("names no database; it must be postgres://user@host:port/database");
  if (user === "") wrong("names no user; give it one, or set username");
  const files: { [name: string]: string } = {};
  let mode: Settings["tls"]["mode"] = "disable";
  let applicationName = "pannier";
  for (const [name, value] of url.searchParams) {
    if (name === "sslmode" && isOneOf(value, SSL_MODES)) mode = value;
    else if (name === "sslmode")
      wrong(`has an sslmode that is none of ${SSL_MODES.join(", ")}: others would fall back to no encryption`);
    else if (isOneOf(name, TLS_FILES)) files[name] = value;
    else if (name === "application_name") applicationName = value;
    else
      wrong(
        `has the parameter ${/^\w{1,40}$/u.test(name) ? name : "?"}, which is not one of sslmode, ${TLS_FILES.join(", ")}, application_name; remove it`,
      );
  }
  if (mode.startsWith("verify") && files["sslrootcert"] === undefined && mode === "verify-ca")
    wrong("asks for verify-ca and names no sslrootcert");
  const tls = { mode, files };
  const port = url.port === "" ? 5_432 : Number(url.port);
  const host = url.hostname.replace(/^\[(.*)\]$/u, "$1");
  const password = url.password === "" ? undefined : decodeURIComponent(url.password);
  return { problems, settings: { host, port, user, password, database, tls, applicationName, numbers } };
}

function isNumber(name: string): name is keyof Numbers {
  return Object.hasOwn(NUMBERS, name);
}

function isOneOf<Name extends string>(name: string, names: readonly Name[]): name is Name {
  return (names as readonly string[]).includes(name); // a readonly array of literals takes no other string
}
