/** `pannier check`: says whether the configuration, the schema and the stores fit together, and changes no store; compiled descriptors may be kept in data_dir. */

import type { Adapter } from "../adapter/adapter.ts";
import { has } from "../adapter/capabilities.ts";
import type { ComposeOptions } from "../compose.ts";
import { levelsOf, openStore } from "../compose/open-store.ts";
import type { StoreConfig } from "../config/config.ts";
import { planText } from "../migration/plan-text.ts";
import { createCall } from "../model/call.ts";
import { systemClock } from "../model/clock.ts";
import { Fault } from "../model/fault.ts";
import { unmetDemands } from "../repository/demands.ts";
import { cacheIn, routedSchema, type RoutedEntity } from "../server/routed-schema.ts";
import { EXIT, type CommandContext, type Run } from "./command.ts";
import { UsageError } from "./arguments.ts";
import { checkAgainst } from "./check-against.ts";
import { runtimeFaults } from "./runtime-faults.ts";
import { complainOf, faultOf, start } from "./start.ts";

export const check: Run = async (context) => {
  try {
    return await run(context);
  } catch (error) {
    return complainOf(error, context);
  }
};

async function run(context: CommandContext): Promise<number> {
  const { config, log } = await start(context);
  const options: ComposeOptions = { config, log, clock: systemClock, directory: context.directory };
  const schema = await routedSchema(options);
  const { routed, sources } = schema;
  const against = context.flags.get("against");
  if (against !== undefined)
    return checkAgainst({ context, config, schema, against, sources, cacheDir: cacheIn(config) });
  if (context.flags.has("json")) throw new UsageError("--json goes with --against");
  const found: Findings[] = [];
  for (const store of config.stores.values()) found.push(await checkStore(store, routed, options));
  for (const note of [...runtimeFaults(), ...found.flatMap(({ notes }) => notes)]) context.print(note);
  const misfits = found.flatMap((findings) => findings.misfits);
  for (const misfit of misfits) context.complain(`pannier: ${misfit}\n`);
  if (misfits.length > 0) return EXIT.configuration;
  const entities = counted(routed.length, "entity", "entities");
  context.print(`${entities} on ${counted(config.stores.size, "store", "stores")}: everything fits`);
  return EXIT.ok;
}

interface Findings {
  readonly misfits: readonly string[];
  readonly notes: readonly string[];
}

const verifyTimeout = 600_000; // milliseconds: every row may have to be looked at

const ONE_PROCESS =
  "one process at a time can have it open: run one replica, and end the old one before the new one starts";

async function checkStore(
  store: StoreConfig,
  routed: readonly RoutedEntity[],
  options: ComposeOptions,
): Promise<Findings> {
  const tables = isLeftToOthers(store) ? "off" : "inspect";
  const opened = await openStore({ ...store, tables }, routed, {
    ...options,
    dataDir: options.config.dataDir,
  }).catch((error: unknown) => reasonOf(error, store));
  if (typeof opened === "string") return { misfits: [opened], notes: [] };
  const here = routed.filter((entity) => entity.store.name === store.name);
  const looked = await (
    isLeftToOthers(store) ? checkForeignTables(store, opened, here) : checkTables(store, opened)
  ).catch((error: unknown): Findings => {
    const fault = faultOf(error, opened);
    if (!(fault instanceof Fault)) throw fault;
    return { misfits: [`stores.${store.name}: ${fault.message} (${fault.reason})`], notes: [] };
  });
  const notes = has(opened.capabilities, "single_process") ? [`stores.${store.name}: ${ONE_PROCESS}`] : [];
  await opened.close();
  const unmet = here.flatMap(({ model, own }) =>
    unmetDemands(model, opened, levelsOf(own)).map(
      ({ capability, text }) => `${model.name}: ${text} (store ${store.name} lacks ${capability})`,
    ),
  );
  return { misfits: [...unmet, ...looked.misfits], notes: [...notes, ...looked.notes] };
}

/** A server's tables that Pannier may not change: opening such a store makes nothing, and finds out which tables hold their entities. */
function isLeftToOthers({ tables, url }: StoreConfig): boolean {
  return tables === "off" && url.host !== "";
}

async function checkForeignTables(
  { name }: StoreConfig,
  adapter: Adapter,
  here: readonly RoutedEntity[],
): Promise<Findings> {
  const { call } = createCall({ timeout: verifyTimeout, requestId: "check" });
  await adapter.ping(call);
  const misfits = here.flatMap(({ model }) =>
    (adapter.schema?.contract?.(model).drift ?? []).map((what) => `stores.${name}: ${model.name}: ${what}`),
  );
  return { misfits, notes: [] };
}

/** What serve would do by itself is worth a note; what it would not, is a misfit. Every row is looked at that the plan asks for. */
async function checkTables({ name, tables }: StoreConfig, { schema }: Adapter): Promise<Findings> {
  if (!schema || tables === "off") return { misfits: [], notes: [] };
  const { call } = createCall({ timeout: verifyTimeout, requestId: "check" });
  const found = await schema.verify(call);
  const differences = found.filter(({ isUnknown }) => !isUnknown);
  const unknown = found.filter(({ isUnknown }) => isUnknown);
  if (schema.isAbsent) {
    const absent = `stores.${name}: the database does not exist yet`;
    return tables === "auto"
      ? { misfits: [], notes: [`${absent}; serve makes it, with ${counted(differences.length, "table", "tables")}`] }
      : { misfits: [`${absent}, and with tables: ${tables} serve does not make it`], notes: [] };
  }
  const refused = tables === "auto" ? differences.filter(({ additive }) => !additive) : differences;
  const added = differences.length - refused.length;
  const plans = (await schema.plan?.(call)) ?? [];
  const texts = plans.map((report) => planText({ store: name, ...report })).filter((text) => text !== "");
  return {
    misfits: refused.map(({ entity, table, what }) => `stores.${name}: table ${table} (${entity}): ${what}`),
    notes: [
      ...(added > 0
        ? [`stores.${name}: serve will add to the tables: ${counted(added, "difference", "differences")}`]
        : []),
      ...unknown.map(({ entity, table, what }) => `stores.${name}: table ${table} (${entity}): cannot tell: ${what}`),
      ...texts,
    ],
  };
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function reasonOf(error: unknown, { name }: StoreConfig): string {
  return `stores.${name}: ${openingFailure(error)}`;
}

function openingFailure(error: unknown): string {
  if (error instanceof Fault || (error instanceof Error && error.name === "SchemeRefused")) return error.message;
  const isOfFile = error instanceof Error && "path" in error && "code" in error;
  return isOfFile ? `the file ${String(error.path)} cannot be read (${String(error.code)})` : "cannot be opened";
}
