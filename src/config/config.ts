/** The configuration: defaults, then pannier.yaml, then the environment, then flags; checked as a whole and never changed. */

import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CONSISTENCIES, type Consistency } from "../model/query.ts";
import { ConfigurationRefused, type Finding } from "./finding.ts";
import { readConfigurationFile } from "./file.ts";
import { defaults, OverlayBuilder, readAliases, readEnvironment, readFlags, type Overlay } from "./overlay.ts";
import { SETTINGS, settingOf } from "./settings.ts";
import { parseText, type SettingValue } from "./value.ts";

export interface Config {
  readonly listen: string;
  readonly transport: "native" | "grpc-js";
  readonly operations: { readonly listen: string };
  /** Absolute. */
  readonly dataDir: string;
  /** Undefined where nothing was said. */
  readonly descriptors: readonly string[] | undefined;
  readonly tokens: { readonly keys: readonly Uint8Array[] };
  readonly service: { readonly name: string; readonly environment: string };
  readonly log: {
    readonly level: LogLevel;
    readonly format: "auto" | "json" | "console";
    /** Milliseconds from which on a call is slow. */
    readonly slowCalls: number;
  };
  readonly reload: { readonly watch: "on" | "off" };
  /** Milliseconds; 0 for no watchdog. */
  readonly watchdog: { readonly timeout: number };
  /** Milliseconds. */
  readonly shutdown: { readonly grace: number };
  readonly snowflake: { readonly node: number };
  readonly unknownEntityFields: "refuse" | "drop";
  /** By name; at least one. */
  readonly stores: ReadonlyMap<string, StoreConfig>;
  /** By full message name. */
  readonly entities: ReadonlyMap<string, EntityConfig>;
  readonly limits: LimitsConfig;
}

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

export interface StoreConfig {
  readonly name: string;
  /** Parts and password put together; never to be logged. */
  readonly url: URL;
  /** Absolute; where the password in the url came from, and where a later one will be. */
  readonly passwordFile?: string;
  readonly tables: "auto" | "check" | "migrate" | "off";
  readonly scans: "refuse" | "allow";
  readonly restores: "refuse" | "allow";
  /** For the backend: `pool.max`, `table` and what is under `options`. */
  readonly settings: { readonly [key: string]: unknown };
}

export interface EntityConfig {
  readonly store?: string;
  readonly scans?: "refuse" | "allow";
  /** Of reads that name none. */
  readonly readConsistency?: Consistency;
  /** Of writes that name none. */
  readonly writeConsistency?: Consistency;
}

/** Times in milliseconds. */
export interface LimitsConfig {
  readonly defaultTimeout: number;
  readonly maxTimeout: number;
  readonly slowConsumer: number;
  readonly readTimeout: number;
  readonly handshakeTimeout: number;
  readonly idleConnection: number;
  readonly keepalive: number;
  readonly messageBytes: number;
  readonly headerBytes: number;
  readonly headerPairs: number;
  readonly connections: number;
  readonly streamsPerConnection: number;
  readonly callsInFlight: number;
  readonly bytesInFlight: number;
  readonly filterDepth: number;
  readonly filterTerms: number;
  readonly pageSize: number;
  readonly maxPageSize: number;
  readonly batchItems: number;
}

export interface ConfigurationSources {
  readonly environment: NodeJS.ProcessEnv;
  /** By path, `-` for `_`; `config` names the file. */
  readonly flags: ReadonlyMap<string, string>;
  /** Directory that relative paths start at. */
  readonly directory: string;
  /** The file said something when it was read before: one that is gone or empty is refused. */
  readonly hadFile?: boolean;
  /** What the backends say of their stores; nothing without it. */
  readonly checkStores?: CheckStores;
}

export type CheckStores = (stores: Iterable<StoreConfig>, dataDir: string) => Promise<readonly StoreProblem[]>;

export interface StoreProblem {
  readonly store: string;
  /** "url", or a key of the store's settings. */
  readonly setting: string;
  readonly reason: string;
}

export interface LoadedConfiguration {
  readonly config: Config;
  /** Whether the file said something. */
  readonly hasFile: boolean;
  /** By path, what was said by whoever is strongest; to be compared, never to be logged. */
  readonly settings: ReadonlyMap<string, SettingValue>;
  readonly warnings: readonly string[];
}

/** @throws ConfigurationRefused with every finding */
export async function loadConfiguration(sources: ConfigurationSources): Promise<LoadedConfiguration> {
  const flags = new Map(sources.flags);
  flags.delete("config");
  const file = await readFileOf(sources);
  const stores = namesIn("stores", [file]);
  const fallbacks = defaults();
  const aliases = readAliases(sources.environment, [file, fallbacks]);
  const own = [fallbacks, file, readEnvironment(sources.environment, stores), readFlags(flags)];
  const overlays = own.toSpliced(2, 0, aliases);
  const reader = new Reader(overlays, sources.directory, own);
  const config = await readConfig(reader);
  for (const problem of (await sources.checkStores?.(config.stores.values(), config.dataDir)) ?? [])
    reader.find(pathOf(problem), problem.reason);
  const findings = [...overlays.flatMap((overlay) => overlay.findings), ...reader.findings];
  if (findings.length > 0) throw new ConfigurationRefused(findings);
  const settings = new Map(overlays.flatMap(({ values }) => [...values]));
  return { config, hasFile: file.values.size > 0, settings, warnings: overlays.flatMap((overlay) => overlay.warnings) };
}

function readFileOf(sources: ConfigurationSources): Promise<Overlay> | Overlay {
  const { path, isNamed } = configurationFile(sources);
  return namelessFile(sources) ?? readConfigurationFile(path, { isNamed, hadFile: sources.hadFile === true });
}

/** Where somebody named a file and left the name empty. */
function namelessFile({ flags, environment }: ConfigurationSources): Overlay | undefined {
  const [key, source] = flags.has("config") ? ["--config", "command line"] : ["PANNIER_CONFIG", "environment"];
  if ((flags.get("config") ?? environment["PANNIER_CONFIG"]) !== "") return undefined;
  const overlay = new OverlayBuilder();
  overlay.findings.push({ key, reason: "must not be empty; name a file or remove it", source });
  return overlay;
}

/** The path of a store's setting: a portable one, or one of the backend's own. */
function pathOf({ store, setting }: StoreProblem): string {
  const portable = `stores.${store}.${setting}`;
  return settingOf(portable) ? portable : `stores.${store}.options.${setting}`;
}

/** Where pannier.yaml is, and whether somebody said so. */
export function configurationFile({ flags, environment, directory }: ConfigurationSources): {
  readonly path: string;
  readonly isNamed: boolean;
} {
  const named = flags.get("config") ?? environment["PANNIER_CONFIG"];
  return { path: resolve(directory, named ?? "pannier.yaml"), isNamed: named !== undefined };
}

/** Names chosen under `stores` or `entities`, in order of their appearance. */
function namesIn(section: string, overlays: readonly Overlay[]): readonly string[] {
  const names = overlays.flatMap(({ values }) =>
    Array.from(values.keys(), (path) => (path.startsWith(`${section}.`) ? (settingOf(path)?.name ?? "") : "")),
  );
  return [...new Set(names)].filter((name) => name !== "");
}

/** Values as the types that Config wants; what is wrong is gathered, and a default replaces it. */
class Reader {
  readonly findings: Finding[] = [];
  readonly directory: string;
  readonly #overlays: readonly Overlay[];
  readonly #own: readonly Overlay[];

  /** `own` are the overlays that mean us and no other service. */
  constructor(overlays: readonly Overlay[], directory: string, own: readonly Overlay[]) {
    this.#overlays = overlays;
    this.#own = own;
    this.directory = directory;
  }

  /** Whether somebody said it who means us. */
  isOwn(path: string): boolean {
    return this.#own.some(({ values }) => values.has(path));
  }

  names(section: string): readonly string[] {
    return namesIn(section, this.#overlays);
  }

  text(path: string): string | undefined {
    const value = this.value(path);
    return typeof value === "string" ? value : undefined;
  }

  number(path: string): number {
    const value = this.value(path);
    return typeof value === "number" ? value : 0;
  }

  list(path: string): readonly string[] | undefined {
    const value = this.value(path);
    return Array.isArray(value) ? value.map(String) : undefined;
  }

  choice<const Values extends readonly [string, ...string[]]>(path: string, values: Values): Values[number] {
    const found = this.text(path);
    return values.find((value) => value === found) ?? values[0];
  }

  /** The last overlay that says something; else the setting's default. */
  value(path: string): SettingValue | undefined {
    for (const { values } of this.#overlays.toReversed()) {
      const value = values.get(path);
      if (value !== undefined) return value;
    }
    const setting = settingOf(path)?.setting;
    const parsed = setting?.fallback === undefined ? undefined : parseText(setting.type, setting.fallback);
    return parsed && "value" in parsed ? parsed.value : undefined;
  }

  find(key: string, reason: string): void {
    this.findings.push({ key, reason, source: this.#sourceOf(key) ?? "configuration" });
  }

  /** Where a setting was written, or a setting around it, or one inside it. */
  #sourceOf(key: string): string | undefined {
    for (const { sources } of this.#overlays.toReversed()) {
      for (const [path, source] of sources) if (isWithin(key, path) || isWithin(path, key)) return source;
    }
    return undefined;
  }
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}

async function readConfig(reader: Reader): Promise<Config> {
  return {
    listen: reader.text("listen") ?? "",
    transport: reader.choice("transport", ["native", "grpc-js"]),
    operations: { listen: reader.text("operations.listen") ?? "" },
    dataDir: resolve(reader.directory, reader.text("data_dir") ?? ""),
    descriptors: reader.list("descriptors")?.map((path) => resolve(reader.directory, path)),
    tokens: { keys: tokenKeys(reader) },
    service: { name: reader.text("service.name") ?? "", environment: reader.text("service.environment") ?? "" },
    log: {
      level: reader.choice("log.level", ["info", "trace", "debug", "warn", "error", "fatal", "silent"]),
      format: reader.choice("log.format", ["auto", "json", "console"]),
      slowCalls: reader.number("log.slow_calls"),
    },
    reload: { watch: reader.choice("reload.watch", ["on", "off"]) },
    watchdog: { timeout: reader.number("watchdog.timeout") },
    shutdown: { grace: reader.number("shutdown.grace") },
    snowflake: { node: reader.number("snowflake.node") },
    unknownEntityFields: reader.choice("requests.unknown_entity_fields", ["refuse", "drop"]),
    stores: await readStores(reader),
    entities: readEntities(reader),
    limits: readLimits(reader),
  };
}

function readLimits(reader: Reader): LimitsConfig {
  const limit = (name: string): number => reader.number(`limits.${name}`);
  return {
    defaultTimeout: limit("default_timeout"),
    maxTimeout: limit("max_timeout"),
    slowConsumer: limit("slow_consumer"),
    readTimeout: limit("read_timeout"),
    handshakeTimeout: limit("handshake_timeout"),
    idleConnection: limit("idle_connection"),
    keepalive: limit("keepalive"),
    messageBytes: limit("message_bytes"),
    headerBytes: limit("header_bytes"),
    headerPairs: limit("header_pairs"),
    connections: limit("connections"),
    streamsPerConnection: limit("streams_per_connection"),
    callsInFlight: limit("calls_in_flight"),
    bytesInFlight: limit("bytes_in_flight"),
    filterDepth: limit("filter_depth"),
    filterTerms: limit("filter_terms"),
    pageSize: limit("page_size"),
    maxPageSize: limit("max_page_size"),
    batchItems: limit("batch_items"),
  };
}

const keyBytes = 32;

function tokenKeys(reader: Reader): readonly Uint8Array[] {
  const texts = reader.list("tokens.keys") ?? [];
  return texts.map((text, index) => {
    const key = Buffer.from(text, "base64");
    if (key.length !== keyBytes)
      reader.find(`tokens.keys[${index}]`, `must be ${keyBytes} bytes in base64, and has ${key.length}`);
    return key;
  });
}

function readEntities(reader: Reader): ReadonlyMap<string, EntityConfig> {
  const entities = reader.names("entities").map((name): [string, EntityConfig] => {
    const store = reader.text(`entities.${name}.store`);
    const scans = reader.text(`entities.${name}.scans`);
    const readConsistency = consistencyAt(reader, `entities.${name}.read_consistency`);
    const writeConsistency = consistencyAt(reader, `entities.${name}.write_consistency`);
    return [
      name,
      {
        ...(store === undefined ? {} : { store }),
        ...(scans === "allow" || scans === "refuse" ? { scans } : {}),
        ...(readConsistency && { readConsistency }),
        ...(writeConsistency && { writeConsistency }),
      },
    ];
  });
  return new Map(entities);
}

function consistencyAt(reader: Reader, path: string): Consistency | undefined {
  const found = reader.text(path);
  return CONSISTENCIES.find((level) => level === found);
}

/** Without any store, one on an embedded database in the data directory. */
const embedded = "sqlite:pannier.db";

async function readStores(reader: Reader): Promise<ReadonlyMap<string, StoreConfig>> {
  const names = reader.names("stores");
  const stores = new Map<string, StoreConfig>();
  for (const name of names.length === 0 ? ["default"] : names) {
    const store = await readStore(reader, name, names.length === 0 || name === "default" ? embedded : undefined);
    if (store) stores.set(name, store);
  }
  return stores;
}

async function readStore(reader: Reader, name: string, fallback: string | undefined): Promise<StoreConfig | undefined> {
  const path = `stores.${name}`;
  if (!/^[a-z][a-z0-9_-]{0,62}$/.test(name)) {
    reader.find(path, "must be named with small letters, digits, _ and -, beginning with a letter");
    return undefined;
  }
  const url = await storeUrl(reader, path, fallback);
  if (!url) return undefined;
  const options = reader.value(`${path}.options`);
  const table = reader.text(`${path}.table`);
  const passwordFile = reader.text(`${path}.password_file`);
  const isPooled = url.host !== "" || reader.isOwn(`${path}.pool.max`); // another service's variable must not refuse an embedded store
  const poolMax = isPooled ? reader.value(`${path}.pool.max`) : undefined;
  return {
    name,
    url,
    ...(passwordFile !== undefined && { passwordFile: resolve(reader.directory, passwordFile) }),
    tables: reader.choice(`${path}.tables`, ["auto", "check", "migrate", "off"]),
    scans: reader.choice(`${path}.scans`, ["refuse", "allow"]),
    restores: reader.choice(`${path}.restores`, ["refuse", "allow"]),
    settings: {
      ...(options instanceof Map ? Object.fromEntries(options) : {}),
      ...(poolMax === undefined ? {} : { "pool.max": poolMax }),
      ...(table === undefined ? {} : { table }),
    },
  };
}

const NO_SCHEME = "is not a url; it begins with a scheme, for example sqlite:pannier.db";
const UNREADABLE =
  "is not a url: it is SCHEME://user:password@host:port/database, with a port up to 65535, and a /, ?, # or % of the password is written %2F, %3F, %23 or %25";

/** The url with name and password in it, however they were given. */
async function storeUrl(reader: Reader, path: string, fallback: string | undefined): Promise<URL | undefined> {
  const scheme = reader.text(`${path}.scheme`);
  const whole = reader.text(`${path}.url`);
  for (const part of ["scheme", "host", "port", "database"])
    if (whole !== undefined && reader.value(`${path}.${part}`) !== undefined)
      reader.find(`${path}.${part}`, "is given beside url; give one of the two");
  const text = whole ?? (scheme === undefined ? fallback : urlOfParts(reader, path, scheme));
  if (text === undefined) {
    reader.find(`${path}.url`, "is missing; give a url, or scheme and parts");
    return undefined;
  }
  if (!URL.canParse(text)) {
    reader.find(`${path}.url`, text.includes("://") ? UNREADABLE : NO_SCHEME); // its text may hold a password
    return undefined;
  }
  const url = new URL(text);
  if (url.host !== "" && ![url.username, url.password, url.pathname].every(isDecodable)) {
    reader.find(`${path}.url`, "has a % that is not followed by two hexadecimal digits; write %25 for the character");
    return undefined;
  }
  const username = reader.text(`${path}.username`);
  const password = await readPassword(reader, `${path}.password_file`);
  // A url takes a % as the beginning of an escape, and leaves it as it is.
  if (username !== undefined) url.username = encodeURIComponent(username);
  if (password !== undefined) url.password = encodeURIComponent(password);
  return url;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function urlOfParts(reader: Reader, path: string, scheme: string): string {
  const host = reader.text(`${path}.host`);
  const port = reader.value(`${path}.port`);
  const database = reader.text(`${path}.database`) ?? "";
  if (host === undefined) return `${scheme}:${database.replaceAll(/[%#?]/g, encodeURIComponent)}`;
  return `${scheme}://${host}${typeof port === "number" ? `:${port}` : ""}/${encodeURIComponent(database)}`;
}

const longestPassword = 4_096; // bytes

async function readPassword(reader: Reader, key: string): Promise<string | undefined> {
  const name = reader.text(key);
  if (name === undefined) return undefined;
  const file = join(resolve(reader.directory, name));
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) reader.find(key, `${file} is not a file that can be read`);
  else if (found.size > longestPassword)
    reader.find(key, `${file} has ${found.size} bytes, and ${longestPassword} are the most`);
  else {
    const password = await readFile(file, "utf8")
      .then((text) => text.replace(/\r?\n$/, ""))
      .catch(() => "");
    if (password !== "") return password;
    reader.find(key, `${file} is empty or cannot be read`);
  }
  return undefined;
}

/** Paths of all settings, for help texts and tests. */
export function settingPaths(): readonly string[] {
  return Object.keys(SETTINGS);
}
