/** What protobuf's names become in TypeScript; the rules are in clients/typescript/README.md. */

import { compareText } from "../../model/compare.ts";
import { jsonName } from "../../schema/naming.ts";

/** Objects have these already: where the field is absent, they would be read in its place. */
const OF_OBJECTS: ReadonlySet<string> = new Set([
  "constructor", "toString", "toJSON", "valueOf", "toLocaleString", "hasOwnProperty", "isPrototypeOf",
  "propertyIsEnumerable", "__proto__", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__",
]); // prettier-ignore

/** Words of the language that no type, or no constant, can be named by, and globals that generated modules use. */
const RESERVED: ReadonlySet<string> = new Set(
  `any arguments as async await bigint boolean break case catch class const continue debugger default delete do else enum
  eval export extends false finally for from function get if implements import in Infinity instanceof interface keyof let
  NaN never new null number object of package private protected public readonly return set static string super switch
  symbol this throw true try type typeof Uint8Array undefined unique unknown var void while with yield`.split(/\s+/),
);

/** Members of a connected client that are no packages, and what it must not be taken for. */
const OF_CLIENTS: ReadonlySet<string> = new Set([
  "close",
  "collection",
  "health",
  "store",
  "then",
  "transaction",
  ...OF_OBJECTS,
]);

/** What the index of all packages declares for itself. */
const OF_INDEX: ReadonlySet<string> = new Set(["Packages", "Database", "ConnectOptions", "connect", "connectTo"]);

/** As callers write a field, by its name in protobuf's JSON form. */
export function propertyName(json: string): string {
  return OF_OBJECTS.has(json) ? `${json}$` : json;
}

/** As `entity` is the plural of in its package's client. */
export function camelCase(snake: string): string {
  const name = jsonName(snake);
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** The first of the names that is free, with as many `$` as it takes; taken from then on. */
export function unique(taken: Set<string>, ...names: readonly string[]): string {
  const free = names.find((name) => !taken.has(name) && !RESERVED.has(name));
  let name = free ?? names.at(-1) ?? "";
  while (taken.has(name) || RESERVED.has(name)) name += "$";
  taken.add(name);
  return name;
}

export interface PackageNames {
  /** Member of the client: `shop` of `shop.v1`. */
  readonly member: string;
  /** The exported constant, and the interface of the same name. */
  readonly constant: string;
  readonly type: string;
}

const VERSION = /\.v\d+(?:p\d+)?(?:(?:alpha|beta|test)\w*)?$/;

/** Of all packages at once: where two would be the same, each keeps its version. */
export function packageNames(packages: readonly string[]): ReadonlyMap<string, PackageNames> {
  const short = (name: string): string => camelCase(name.replace(VERSION, "").replaceAll(".", "_")) || "entities";
  const counts = Map.groupBy(packages, short);
  const members = new Set<string>();
  const taken = new Set(OF_INDEX);
  const named = packages.toSorted(compareText).map((name): [string, PackageNames] => {
    const own = short(name);
    const isFree = counts.get(own)?.length === 1 && !OF_CLIENTS.has(own);
    const long = VERSION.test(name) ? camelCase(name.replaceAll(".", "_")) : `${own}Package`;
    const member = unique(members, isFree ? own : long);
    const capital = member.charAt(0).toUpperCase() + member.slice(1);
    return [name, { member, constant: unique(taken, member), type: unique(taken, capital) }];
  });
  return new Map(named);
}

/** Path of a package's module. */
export function modulePath(packageName: string): string {
  return packageName === "" ? "client.ts" : `${packageName.replaceAll(".", "/")}/client.ts`;
}

/** How one module imports another. */
export function importPath(from: string, to: string): string {
  const up = "../".repeat(from.split("/").length - 1);
  return up === "" ? `./${to}` : up + to;
}

/** As in "an Order". */
export function withArticle(name: string): string {
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}

/** Values as callers write them: short where all short names are names, and differ; `open` of `ORDER_STATUS_OPEN`. */
export function enumNames(enumName: string, values: readonly string[]): readonly string[] {
  const prefix = `${enumName.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_").toUpperCase()}_`;
  const short = values.map((value) => (value.startsWith(prefix) ? value.slice(prefix.length).toLowerCase() : ""));
  const isPlain = short.every((name) => /^[a-z_]\w*$/.test(name) && !OF_OBJECTS.has(name));
  return isPlain && new Set(short).size === short.length ? short : values;
}
