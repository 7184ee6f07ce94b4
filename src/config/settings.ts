/** Every setting there is: its path, what it holds, its default and its meaning. The file, the environment, the flags and README.md follow this table. */

import { CONSISTENCIES } from "../model/query.ts";

/** What a setting holds, and how it is checked. */
export type SettingType =
  /** `filled`: an empty one would be taken for something else, such as the working directory. */
  | { readonly kind: "text"; readonly secret?: boolean; readonly filled?: boolean }
  /** `anywhere`: also where other machines can reach it. */
  | { readonly kind: "address"; readonly anywhere?: boolean }
  | { readonly kind: "list"; readonly secret?: boolean }
  | { readonly kind: "integer"; readonly least: number; readonly most: number }
  /** Written with a unit: 500ms, 30s, 5m; held in milliseconds. */
  | { readonly kind: "duration"; readonly least: number; readonly most: number }
  | { readonly kind: "choice"; readonly values: readonly string[] }
  /** Free form; its owner checks it. */
  | { readonly kind: "map" };

export interface Setting {
  readonly type: SettingType;
  /** As it is written in the environment; absent where there is none. */
  readonly fallback?: string;
  /** Whether a change is taken over while the server runs; everything else waits for the next start. */
  readonly live?: boolean;
  readonly text: string;
}

const text: SettingType = { kind: "text" };
const filled: SettingType = { kind: "text", filled: true };
const integer = (least: number, most: number): SettingType => ({ kind: "integer", least, most });
const duration = (least: number, most: number): SettingType => ({ kind: "duration", least, most });
const choice = (...values: readonly string[]): SettingType => ({ kind: "choice", values });

const hour = 3_600_000;

/** `*` stands for a name that the configuration chooses. */
export const SETTINGS: { readonly [path: string]: Setting } = {
  listen: {
    type: { kind: "address" },
    fallback: "127.0.0.1:7070",
    text: "where gRPC is served: host:port or unix:/absolute/path",
  },
  transport: {
    type: choice("native", "grpc-js"),
    fallback: "native",
    text: "what speaks gRPC: Pannier's own HTTP/2, or the library @grpc/grpc-js, for a way back",
  },
  "operations.listen": {
    type: { kind: "address", anywhere: true },
    fallback: "127.0.0.1:7071",
    text: "where metrics and probes are served; they hold no data, so other machines may reach them",
  },
  data_dir: { type: filled, fallback: "data", text: "directory of embedded databases and generated keys" },
  descriptors: {
    type: { kind: "list" },
    text: "descriptor sets (.binpb) and directories of .proto files; `proto` where that is there",
  },
  "tokens.keys": {
    live: true,
    type: { kind: "list", secret: true },
    text: "page token keys, newest first, each 32 bytes in base64; one is made in data_dir when there are none",
  },
  "service.name": { type: text, fallback: "pannier", text: "name in logs" },
  "service.environment": { type: text, fallback: "", text: "environment in logs, for example production" },
  "log.level": {
    live: true,
    type: choice("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    fallback: "info",
    text: "the least severe lines that are written",
  },
  "log.slow_calls": {
    live: true,
    type: duration(0, hour),
    fallback: "1s",
    text: "calls, and frames of streams, that take at least this long are logged",
  },
  "log.format": {
    type: choice("auto", "json", "console"),
    fallback: "auto",
    text: "auto is console on a terminal and json elsewhere",
  },
  "shutdown.grace": {
    live: true,
    type: duration(0, hour),
    fallback: "30s",
    text: "how long running calls may take to finish after SIGTERM",
  },
  "reload.watch": {
    type: choice("on", "off"),
    fallback: "on",
    text: "whether a changed configuration file is taken over by itself; SIGHUP always asks for it",
  },
  "watchdog.timeout": {
    type: duration(0, hour),
    fallback: "0s",
    text: "how long the event loop may be blocked before the process is ended with status 86; 0s is for ever",
  },
  "snowflake.node": {
    type: integer(0, 1_023),
    fallback: "0",
    text: "number of this process in generated Snowflake ids; unique among those that write to one store, unless that gives them out",
  },
  "requests.unknown_entity_fields": {
    type: choice("refuse", "drop"),
    fallback: "refuse",
    text: "what becomes of unknown fields inside an entity; in filters they are always refused",
  },
  "stores.*.url": {
    type: { kind: "text", secret: true },
    text: "scheme and place of the store, for example sqlite:pannier.db or memory:",
  },
  "stores.*.scheme": { type: filled, text: "with host, port and database: instead of url" },
  "stores.*.host": { type: text, text: "see scheme" },
  "stores.*.port": { type: integer(1, 65_535), text: "see scheme" },
  "stores.*.database": { type: text, text: "see scheme" },
  "stores.*.username": { type: text, text: "who signs in" },
  "stores.*.password_file": {
    type: filled,
    text: "file that holds the password and nothing else; a newline at its end does not count",
  },
  "stores.*.table": { type: filled, text: "the one table of a single-table store" },
  "stores.*.tables": {
    type: choice("auto", "check", "migrate", "off"),
    fallback: "auto",
    text: "auto creates and extends tables, check and migrate refuse on a difference, off looks away",
  },
  "stores.*.scans": {
    live: true,
    type: choice("refuse", "allow"),
    fallback: "refuse",
    text: "whether lists may read everything without allow_scan",
  },
  "stores.*.restores": {
    type: choice("refuse", "allow"),
    fallback: "refuse",
    text: "whether Put.restore may store managed fields as given",
  },
  "stores.*.pool.max": { type: integer(1, 10_000), text: "most connections; embedded stores have no use for it" },
  "stores.*.options": { type: { kind: "map" }, text: "settings of the backend's own" },
  "entities.*.store": { type: filled, text: "the store an entity lives in, where the annotation's is not meant" },
  "entities.*.read_consistency": {
    type: choice(...CONSISTENCIES.filter((level) => level !== "any")),
    text: "of this entity's reads that name none; the store's own where it is left out",
  },
  "entities.*.write_consistency": {
    type: choice(...CONSISTENCIES),
    text: "of this entity's writes that name none; the store's own where it is left out",
  },
  "entities.*.scans": { live: true, type: choice("refuse", "allow"), text: "as of the store, for this entity alone" },
  "limits.default_timeout": {
    live: true,
    type: duration(1, hour),
    fallback: "5s",
    text: "of a unary call whose client gives no deadline",
  },
  "limits.max_timeout": {
    live: true,
    type: duration(1, hour),
    fallback: "30s",
    text: "longest deadline of a unary call; longer ones are cut",
  },
  "limits.slow_consumer": {
    live: true,
    type: duration(10, hour),
    fallback: "30s",
    text: "how long a reader may leave an answer or a frame of a stream untaken",
  },
  "limits.read_timeout": {
    type: duration(10, hour),
    fallback: "10s",
    text: "in which a request must have come whole",
  },
  "limits.handshake_timeout": {
    type: duration(10, hour),
    fallback: "5s",
    text: "in which a new connection must speak HTTP/2",
  },
  "limits.idle_connection": {
    type: duration(10, 24 * hour),
    fallback: "30m",
    text: "after which a connection without calls is closed",
  },
  "limits.keepalive": {
    type: duration(10, hour),
    fallback: "30s",
    text: "between pings; a connection that leaves one unanswered until the next is closed",
  },
  "limits.message_bytes": { type: integer(1_024, 67_108_864), fallback: "1048576", text: "largest request message" },
  "limits.header_bytes": {
    live: true,
    type: integer(1_024, 131_072),
    fallback: "8192",
    text: "most bytes of a call's metadata",
  },
  "limits.header_pairs": {
    live: true,
    type: integer(8, 1_024),
    fallback: "64",
    text: "most entries of a call's metadata",
  },
  "limits.connections": { type: integer(1, 1_000_000), fallback: "1000", text: "most connections at once" },
  "limits.streams_per_connection": {
    type: integer(1, 1_000_000),
    fallback: "1000",
    text: "most calls at once on a connection",
  },
  "limits.calls_in_flight": { live: true, type: integer(1, 1_000_000), fallback: "2000", text: "most calls at once" },
  "limits.bytes_in_flight": {
    type: integer(65_536, 1_099_511_627_776),
    fallback: "67108864",
    text: "most bytes of requests and answers held at once",
  },
  "limits.filter_depth": {
    live: true,
    type: integer(1, 64),
    fallback: "32",
    text: "deepest nesting of groups in a filter",
  },
  "limits.filter_terms": {
    live: true,
    type: integer(1, 10_000),
    fallback: "1000",
    text: "most predicates and values in a filter",
  },
  "limits.page_size": {
    live: true,
    type: integer(1, 10_000),
    fallback: "50",
    text: "of a page whose request gives none",
  },
  "limits.max_page_size": {
    live: true,
    type: integer(1, 10_000),
    fallback: "1000",
    text: "largest page; a larger wish is cut",
  },
  "limits.batch_items": {
    live: true,
    type: integer(1, 10_000),
    fallback: "1000",
    text: "most keys or writes in one batch",
  },
};

/** Names that other services of the same fleet use, weaker than those of Pannier's own. */
export const ALIASES: { readonly [variable: string]: string } = {
  SERVICE_NAME: "service.name",
  ENVIRONMENT: "service.environment",
  LOG_LEVEL: "log.level",
  LOG_FORMAT: "log.format",
  DATABASE_DSN: "stores.default.url",
  DATABASE_MAX_OPEN_CONNS: "stores.default.pool.max",
  METRICS_PORT: "operations.listen",
  ENABLE_K8S_CONFIG_WATCH: "reload.watch",
};

/** Names of the same fleet that mean nothing here: pools keep what they opened, and caches come with their issue. */
export const IGNORED_ALIASES: readonly string[] = [
  "DATABASE_MAX_IDLE_CONNS",
  "CACHE_SERVERS",
  "CACHE_TIMEOUT",
  "CACHE_CONNECT_TIMEOUT",
];

/** The settings as the file nests them; `*` is the child under any name. */
export type SettingNode = Setting | { readonly children: ReadonlyMap<string, SettingNode> };

export function settingTree(): SettingNode {
  const root = new Map<string, SettingNode>();
  for (const [path, setting] of Object.entries(SETTINGS)) {
    const names = path.split(".");
    const last = names.pop() ?? "";
    let children = root;
    for (const name of names) children = childrenOf(children, name);
    children.set(last, setting);
  }
  return { children: root };
}

function childrenOf(parent: Map<string, SettingNode>, name: string): Map<string, SettingNode> {
  const found = parent.get(name);
  if (found && "children" in found && found.children instanceof Map) return found.children;
  const children = new Map<string, SettingNode>();
  parent.set(name, { children });
  return children;
}

/** Splits `stores.default.pool.max` into its setting's path and the chosen name. */
export function settingOf(
  path: string,
): { readonly setting: Setting; readonly pattern: string; readonly name: string } | undefined {
  const fixed = Object.hasOwn(SETTINGS, path) && !path.includes("*") ? SETTINGS[path] : undefined;
  if (fixed) return { setting: fixed, pattern: path, name: "" };
  for (const [pattern, setting] of Object.entries(SETTINGS)) {
    const [before, after] = pattern.split("*");
    if (before === undefined || after === undefined || path.length <= before.length + after.length) continue;
    if (path.startsWith(before) && path.endsWith(after))
      return { setting, pattern, name: path.slice(before.length, path.length - after.length) };
  }
  return undefined;
}
