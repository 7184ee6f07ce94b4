/** What may be configured of a store: `dynamodb://REGION/PREFIX?endpoint=…`, and numbers. */

import type { IndexOptions, Layout, SingleTable } from "./items/layout.ts";
import type { TableOptions } from "./tables/table-options.ts";
import type { CheckSettings, SettingProblem, StoreSettings } from "../opening.ts";
import { refuseProblems } from "../setting-problem.ts";

/** Whole numbers above 0; times in milliseconds. */
const NUMBERS = {
  /** How long a connection may take to be there. */
  connect_timeout_ms: 3_000,
  /** The longest that an answer is waited for, whatever its call's deadline is. */
  request_timeout_ms: 30_000,
  /** Requests under way at once; further ones wait. */
  connections: 64,
};

type Numbers = { readonly [Name in keyof typeof NUMBERS]: number };

const PARAMETERS = ["endpoint"] as const;

export interface Settings extends Layout {
  readonly region: string;
  /** Undefined is the region's own. */
  readonly endpoint: string | undefined;
  /** An access key of the url; undefined is what the environment, the files or the role of this machine give. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  readonly numbers: Numbers;
  readonly tables: TableOptions;
}

/** @throws Fault that says the first thing that is wrong */
export function settingsOf(options: StoreSettings): Settings {
  const { settings, problems } = read(options);
  refuseProblems(options, problems);
  return settings;
}

export const checkSettings: CheckSettings = async (options) => {
  const { settings, problems } = read(options);
  const { endpoint, region, prefix } = settings;
  return { problems, ...(problems.length === 0 && { place: `dynamodb ${endpoint ?? ""} ${region}/${prefix}` }) };
};

function read({ url, settings: given }: StoreSettings): {
  readonly settings: Settings;
  readonly problems: readonly SettingProblem[];
} {
  const problems: SettingProblem[] = [];
  const wrong = (reason: string): void => void problems.push({ setting: "url", reason });
  const form = `it must be ${url.protocol}//region/prefix`;
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/u.test(url.hostname)) wrong(`names no region such as eu-central-1; ${form}`);
  const prefix = decodeURIComponent(url.pathname.slice(1));
  if (!/^[\w.-]{0,100}$/u.test(prefix))
    wrong("has a prefix of tables that is not made of up to 100 letters, digits, _, . and -");
  for (const name of url.searchParams.keys())
    if (!(PARAMETERS as readonly string[]).includes(name))
      wrong(
        `has the parameter ${/^\w{1,40}$/u.test(name) ? name : "?"}, which is not one of ${PARAMETERS.join(", ")}; remove it`,
      );
  const endpoint = url.searchParams.get("endpoint") ?? undefined;
  if (endpoint !== undefined && !/^https?:$/u.test(URL.parse(endpoint)?.protocol ?? ""))
    wrong("has an endpoint that is no http or https url");
  if ((url.username === "") !== (url.password === ""))
    wrong("has one half of an access key; give both, or none for the credentials of this machine");
  const credentials = {
    accessKeyId: decodeURIComponent(url.username),
    secretAccessKey: decodeURIComponent(url.password),
  };
  const settings: Settings = {
    region: url.hostname,
    prefix,
    endpoint,
    credentials: url.username === "" ? undefined : credentials,
    single: singleTable(given, problems),
    indexes: indexOptions(given["indexes"], problems),
    numbers: numbersOf(given, problems),
    tables: tableOptions(given, problems),
  };
  return { problems, settings };
}

/** Names of attributes in a store with one table. */
const ATTRIBUTES = { partition_attribute: "PK", sort_attribute: "SK", type_attribute: "EntityType" };

function singleTable(given: StoreSettings["settings"], problems: SettingProblem[]): SingleTable | undefined {
  const { table } = given;
  if (table === undefined) return undefined;
  const isName = typeof table === "string" && /^[\w.-]{3,155}$/u.test(table);
  if (!isName) problems.push({ setting: "table", reason: "must have 3 to 155 letters, digits, _, . and -" });
  const named = (setting: keyof typeof ATTRIBUTES): string => {
    const name = given[setting] ?? ATTRIBUTES[setting];
    if (isAttribute(name)) return name;
    problems.push({ setting, reason: "must be the name of an attribute, of up to 255 characters" });
    return ATTRIBUTES[setting];
  };
  return {
    table: isName ? table : "",
    partition: named("partition_attribute"),
    sort: named("sort_attribute"),
    type: named("type_attribute"),
    indexes: indexNames(given["indexes"], problems),
  };
}

const INDEX = "{ GSI1: { partition: GSI1PK, sort: GSI1SK, local: true, projection: keys_only } }";

/** The attributes of an index's key: `{ GSI1: { partition: gsi1pk, sort: gsi1sk } }`. */
function indexNames(given: unknown, problems: SettingProblem[]): SingleTable["indexes"] {
  const reason = `must say for names of indexes which attributes they have, as ${INDEX}`;
  const indexes = new Map<string, { readonly partition: string; readonly sort: string }>();
  for (const [name, of] of entriesOf(given) ?? []) {
    const { partition = `${name}PK`, sort = `${name}SK` } = Object.fromEntries(entriesOf(of) ?? []);
    if (isAttribute(partition) && isAttribute(sort)) indexes.set(name, { partition, sort });
    else problems.push({ setting: "indexes", reason });
  }
  return indexes;
}

/** What an index is: `{ GSI1: { local: true, projection: [status] } }`. */
function indexOptions(given: unknown, problems: SettingProblem[]): Layout["indexes"] {
  const indexes = new Map<string, IndexOptions>();
  const wrong = (): void =>
    void problems.push({ setting: "indexes", reason: `must say what indexes are, as ${INDEX}` });
  if (given !== undefined && !entriesOf(given)) wrong();
  for (const [name, of] of entriesOf(given) ?? []) {
    const {
      local = false,
      projection = "all",
      partition: _,
      sort: _of,
      ...others
    } = Object.fromEntries(entriesOf(of) ?? []);
    const include = projection === "all" ? undefined : projection === "keys_only" ? [] : projection;
    const isList = include === undefined || (Array.isArray(include) && include.every(isAttribute));
    if (typeof local !== "boolean" || !isList || Object.keys(others).length > 0 || !entriesOf(of)) wrong();
    else indexes.set(name, { isLocal: local, include });
  }
  return indexes;
}

function isAttribute(name: unknown): name is string {
  return typeof name === "string" && /^[^\s#]{1,255}$/u.test(name);
}

/** Of a map as configuration reads it. */
function entriesOf(given: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (given instanceof Map) return Array.from(given, ([name, value]) => [String(name), value]);
  return typeof given === "object" && given !== null ? Object.entries(given) : undefined;
}

/** How tables are to be. */
function tableOptions(given: StoreSettings["settings"], problems: SettingProblem[]): TableOptions {
  const { billing, encryption, point_in_time_recovery: recovery } = given;
  const wrong = (setting: string, reason: string): undefined => void problems.push({ setting, reason });
  const isUnits = (units: unknown): units is number =>
    typeof units === "number" && Number.isSafeInteger(units) && units > 0;
  const provisioned = (): TableOptions["billing"] => {
    const { read_capacity: read, write_capacity: write } = given;
    if (isUnits(read) && isUnits(write)) return { read, write };
    return wrong("billing", "is provisioned, which needs whole numbers above 0 in read_capacity and write_capacity");
  };
  return {
    billing:
      billing === "provisioned"
        ? provisioned()
        : billing === undefined || billing === "on_demand"
          ? billing
          : wrong("billing", "must be on_demand or provisioned"),
    encryption:
      encryption === undefined || (typeof encryption === "string" && encryption !== "")
        ? encryption
        : wrong("encryption", "must be owned, kms, or the id of a key"),
    recovery:
      recovery === undefined || typeof recovery === "boolean"
        ? recovery
        : wrong("point_in_time_recovery", "must be true or false"),
  };
}

const TABLES = ["billing", "read_capacity", "write_capacity", "encryption", "point_in_time_recovery"];
const OTHERS = ["table", "indexes", ...Object.keys(ATTRIBUTES), ...TABLES];

function numbersOf(given: StoreSettings["settings"], problems: SettingProblem[]): Numbers {
  const numbers = { ...NUMBERS };
  for (const [setting, value] of Object.entries(given)) {
    if (OTHERS.includes(setting)) continue;
    if (!isNumber(setting)) {
      const known = [...Object.keys(NUMBERS), ...OTHERS].join(", ");
      problems.push({ setting, reason: `is no setting of this store, which has ${known}; correct or remove it` });
    } else if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) numbers[setting] = value;
    else problems.push({ setting, reason: "must be a whole number above 0" });
  }
  return numbers;
}

function isNumber(name: string): name is keyof Numbers {
  return Object.hasOwn(NUMBERS, name);
}
