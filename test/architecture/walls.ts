// The walls of the house as rules over imports and words; each answers what breaks it.
import { findCycle } from "./cycle.ts";
import type { Backend, House } from "./house.ts";
import type { SourceFile, SourceModule } from "./source.ts";
import { adapterFolderOf, areaOf, createWorld, type Arrow, type World } from "./world.ts";

/** The rules, by what they say. */
export type RuleName =
  | "the model imports nothing"
  | "http2 imports containers alone"
  | "containers import nothing"
  | "arrows point down"
  | "every folder has its place in the order"
  | "only the registry reaches into an adapter's folder"
  | "compose alone names layers and the registry"
  | "services and layers see operations alone"
  | "nothing goes past the layers"
  | "compose alone chooses the transport"
  | "a backend is named at home, in the registry and in configuration"
  | "clients and src stand apart"
  | "a vendor client stays at home and comes late"
  | "an import names its file, with extension"
  | "a worker is reached through workerUrl"
  | "only the registry and derivations compute what they import"
  | "no cycles"
  | "no export *"
  | "main alone ends the process";

/** One breach of one rule. */
export interface Breach {
  readonly rule: RuleName;
  readonly file: string;
  /** What stands in the file: a specifier, a name, a cycle. */
  readonly found: string;
}

type Rule = (world: World, house: House) => Iterable<Omit<Breach, "rule">>;

const registry = "src/adapter/registry.ts";
/** Imports what compose names, in each thread that writes. */
const derivations = "src/adapter/derivation.ts";
/** The composition root: the file, and the folder of its parts. */
const isCompose = (path: string): boolean => ["compose", "compose.ts"].includes(areaOf(path));
/** What services and layers may see of the repositories: operations as data, and where they are handed in. */
const operationContract = ["src/repository/operation.ts", "src/repository/dispatcher.ts"];
/** What can be called without a layer in between: the repository's contract, and what fills it. */
const repository = "src/repository/repository.ts";
const isUnlayered = (path: string): boolean =>
  [
    repository,
    "src/repository/create-repository.ts",
    "src/repository/execute/transactions.ts",
    "src/repository/collection/collections.ts",
  ].includes(path);
/** What stands behind all layers, and calls the repository for them. */
const isDispatch = (path: string): boolean => path.startsWith("src/layer/dispatch/");
/** What the transport's neighbours may see of it: the contract, and how a socket is bound. */
const transportContract = ["src/transport/transport.ts", "src/transport/socket.ts"];
/** The one transport that a library frames, and what it may import of that library. */
const isGrpcJs = (path: string): boolean =>
  path === "src/transport/grpc-js.ts" || path.startsWith("src/transport/grpc-js/");

const rules: Readonly<Record<RuleName, Rule>> = {
  "the model imports nothing": ({ arrows }) =>
    breaches(arrows, (arrow) => areaOf(arrow.from) === "model" && leavesArea(arrow)),

  "http2 imports containers alone": ({ arrows }) =>
    breaches(
      arrows,
      (arrow) => areaOf(arrow.from) === "http2" && leavesArea(arrow) && areaOf(arrow.target ?? "") !== "containers",
    ),

  "containers import nothing": ({ arrows }) =>
    breaches(arrows, (arrow) => areaOf(arrow.from) === "containers" && leavesArea(arrow)),

  "arrows point down": ({ arrows }, { order }) =>
    breaches(arrows, ({ from, target }) => {
      const bothInside = from.startsWith("src/") && target?.startsWith("src/") === true;
      return bothInside && order.indexOf(areaOf(target)) > order.indexOf(areaOf(from));
    }),

  "every folder has its place in the order": ({ modules }, { order }) =>
    modules
      .filter(({ path }) => path.startsWith("src/") && !order.includes(areaOf(path)))
      .map(({ path }) => ({ file: path, found: areaOf(path) })),

  "only the registry reaches into an adapter's folder": ({ arrows }, house) =>
    breaches(arrows, ({ from, target }) => {
      const folder = closedFolderOf(house, target ?? "");
      return folder !== undefined && from !== registry && !mayReach(house, closedFolderOf(house, from), folder);
    }),

  "compose alone names layers and the registry": ({ arrows }) =>
    breaches(arrows, ({ from, target = "" }) => {
      const isLayer = areaOf(target) === "layer" && areaOf(from) !== "layer";
      return !isCompose(from) && (isLayer || target === registry);
    }),

  "services and layers see operations alone": ({ arrows }) =>
    breaches(arrows, ({ from, target = "" }) => {
      if (isDispatch(from) && target === repository) return false;
      const isRepository = areaOf(target) === "repository";
      const isHidden = areaOf(target) === "adapter" || (isRepository && !operationContract.includes(target));
      return ["service", "layer"].includes(areaOf(from)) && isHidden;
    }),

  "nothing goes past the layers": ({ arrows }) =>
    breaches(arrows, ({ from, target = "" }) => {
      const isBehind = areaOf(from) === "repository" || (isDispatch(from) && target === repository);
      return from.startsWith("src/") && isUnlayered(target) && !isBehind && !isCompose(from);
    }),

  "compose alone chooses the transport": ({ arrows }) =>
    breaches(arrows, ({ from, specifier, target = "" }) => {
      const isOutside = from.startsWith("src/") && areaOf(from) !== "transport" && !isCompose(from);
      if (isOutside && areaOf(target) === "transport") return !transportContract.includes(target);
      const isGrpc = isGrpcJs(target) || specifier === "@grpc/grpc-js";
      return isGrpc && from.startsWith("src/") && !isGrpcJs(from) && !isCompose(from);
    }),

  "a backend is named at home, in the registry and in configuration": ({ modules }, house) =>
    modules.flatMap((module) => foreignNames(module, house).map((found) => ({ file: module.path, found }))),

  "clients and src stand apart": ({ arrows }) =>
    breaches(arrows, ({ from, target }) => {
      const top = from.split("/", 1)[0];
      if (top === "clients" && ["http2", "containers"].includes(areaOf(target ?? ""))) return false;
      return target !== undefined && target.split("/", 1)[0] !== top;
    }),

  "a vendor client stays at home and comes late": ({ arrows }, house) =>
    breaches(arrows, ({ from, kind, specifier }) => {
      const client = [...house.clients.keys()].find((name) => specifier === name || specifier.startsWith(`${name}/`));
      if (client === undefined) return false;
      const isLate = kind === "dynamic" || kind === "type" || house.builtIn.has(client);
      return !isLate || !from.startsWith(`src/${house.clients.get(client)}/`);
    }),

  "an import names its file, with extension": ({ arrows, paths }) =>
    breaches(arrows, ({ kind, target }) => kind !== "url" && target !== undefined && !paths.has(target)),

  "a worker is reached through workerUrl": ({ arrows }) => breaches(arrows, ({ kind }) => kind === "url"),

  "only the registry and derivations compute what they import": ({ arrows }) =>
    breaches(arrows, ({ from, kind }) => kind === "computed" && from !== registry && from !== derivations),

  "no cycles": ({ arrows }) => {
    const cycle = findCycle(arrows);
    return cycle === undefined ? [] : [{ file: cycle[0] ?? "", found: cycle.join(" → ") }];
  },

  "no export *": ({ modules }) =>
    modules.filter(({ exportsStar }) => exportsStar).map(({ path }) => ({ file: path, found: "export *" })),

  "main alone ends the process": ({ modules }) =>
    modules
      .filter(({ endsProcess, path }) => endsProcess && path !== "src/main.ts")
      .map(({ path }) => ({ file: path, found: "process.exit" })),
};

/** Every rule's name, for the test that breaks each. */
export const ruleNames: readonly RuleName[] = Object.keys(rules).filter((name): name is RuleName => name in rules);

/** Checks a set of files, all of src and clients in earnest, and answers every breach. */
export function checkWalls(files: readonly SourceFile[], house: House): readonly Breach[] {
  const world = createWorld(files);
  return ruleNames.flatMap((rule) => [...rules[rule](world, house)].map((breach) => ({ rule, ...breach })));
}

function breaches(arrows: readonly Arrow[], isBreach: (arrow: Arrow) => boolean): readonly Omit<Breach, "rule">[] {
  return arrows
    .filter(isBreach)
    .map(({ from, kind, specifier }) => ({ file: from, found: `${kind} import of "${specifier}"` }));
}

function leavesArea({ from, target }: Arrow): boolean {
  return target === undefined || areaOf(target) !== areaOf(from);
}

/** The folder of a backend or a family that a path lies in. */
function closedFolderOf({ rooms }: House, path: string): string | undefined {
  const folder = adapterFolderOf(path);
  return folder === undefined || rooms.has(folder) ? undefined : folder;
}

/** Inside one adapter, into what it extends, and from an adapter into a family, which is no backend. */
function mayReach({ backends }: House, from: string | undefined, to: string): boolean {
  if (from === undefined) return false;
  const isFamily = backends.every(({ folder }) => folder !== to);
  return from === to || isFamily || backends.some(({ folder, extends: base }) => folder === from && base === to);
}

function foreignNames(
  { path, identifiers, strings }: SourceModule,
  { backends, foreignWords }: House,
): readonly string[] {
  const area = areaOf(path);
  if (!path.startsWith("src/") || path === registry || area === "config" || area === "gen") return [];
  const own = backends.find(({ folder }) => folder === adapterFolderOf(path));
  const foreign = backends.filter((backend) => !isKin(backend, own));
  const isForeign = (word: string): boolean => foreign.some(({ names }) => names.test(word));
  const isScheme = (text: string): boolean => foreign.some(({ scheme }) => scheme?.test(text) === true);
  const ownStrings = [...strings].filter((text) => !foreignWords.has(text));
  return [...[...identifiers, ...ownStrings].filter(isForeign), ...[...strings].filter(isScheme)];
}

function isKin(backend: Backend, own: Backend | undefined): boolean {
  return own !== undefined && (backend === own || backend.folder === own.extends);
}
