/** The schema as configured: every entity with the store it goes to, and every mistake of either in one report. */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config, EntityConfig, StoreConfig } from "../config/config.ts";
import type { Routing } from "../schema/check/tables.ts";
import { formatFindings, type Finding } from "../schema/finding.ts";
import { loadSchema, type LoadedEntity, type LoadedSchema } from "../schema/load-schema.ts";

/** Why the process does not start. */
export class StartRefused extends Error {
  override readonly name = "StartRefused";
}

export interface RoutingOptions {
  readonly config: Config;
  /** Directory the process was started in. */
  readonly directory: string;
  /** Where compiled descriptors are kept; in the data directory when absent. */
  readonly cacheDir?: string;
  readonly log: { info(fields: object, text: string): void };
}

/** An entity and the store it goes to. */
export interface RoutedEntity extends LoadedEntity {
  readonly store: StoreConfig;
  /** What the configuration says of it alone. */
  readonly own: EntityConfig;
}

export interface SourcedSchema extends LoadedSchema {
  /** Descriptor sets and directories it was loaded from. */
  readonly sources: readonly string[];
}

export interface RoutedSchema extends SourcedSchema {
  readonly routed: readonly RoutedEntity[];
}

/** The schema as configured, every entity with its store. @throws StartRefused with all findings */
export async function routedSchema(options: RoutingOptions): Promise<RoutedSchema> {
  const { config } = options;
  const { storeOf, ...schema } = await configuredSchema(options, options.cacheDir ?? cacheIn(config));
  const findings: Finding[] = [...schema.findings];
  const routed = schema.entities.flatMap((entity) => {
    const name = storeOf(entity.model.name, entity.model.store);
    const store = config.stores.get(name);
    if (!store) findings.push(unknownStore(entity, name));
    return store ? [{ ...entity, store, own: config.entities.get(entity.model.name) ?? {} }] : [];
  });
  for (const name of config.entities.keys()) {
    if (schema.entities.length > 0 && !schema.entities.some(({ model }) => model.name === name))
      findings.push(unknownEntity(name));
  }
  if (findings.length > 0) throw new StartRefused(formatFindings(findings));
  return { ...schema, routed };
}

/** The schema as configured, whether its stores are configured or not. @throws StartRefused with all findings */
export async function unroutedSchema(options: RoutingOptions): Promise<SourcedSchema> {
  const { storeOf: _, ...schema } = await configuredSchema(options);
  if (schema.findings.length > 0) throw new StartRefused(formatFindings(schema.findings));
  return schema;
}

/** With findings in it; without `cacheDir` nothing is written. */
async function configuredSchema(
  { config, directory, log }: RoutingOptions,
  cacheDir?: string,
): Promise<SourcedSchema & Pick<Routing, "storeOf">> {
  const storeOf = (entity: string, annotated: string): string => config.entities.get(entity)?.store ?? annotated;
  const sharesTable = (store: string): boolean => config.stores.get(store)?.settings["table"] !== undefined;
  const sources = config.descriptors ?? [defaultDescriptors(directory)];
  const schema = await loadSchema({
    sources,
    ...(cacheDir !== undefined && { cacheDir }),
    routing: { storeOf, sharesTable },
  });
  for (const notice of schema.notices)
    log.info({ file: notice.file, entity: notice.entity }, `${notice.what}; ${notice.mend}`);
  return { ...schema, sources, storeOf };
}

/** Where compiled descriptors are kept. */
export function cacheIn({ dataDir }: Pick<Config, "dataDir">): string {
  return join(dataDir, "cache");
}

function unknownStore({ model }: LoadedEntity, store: string): Finding {
  const what = `goes to the store "${store}", which is not configured`;
  return {
    file: "configuration",
    entity: model.name,
    what,
    mend: `configure stores.${store}, or another store under entities.${model.name}.store`,
  };
}

function unknownEntity(name: string): Finding {
  return {
    file: "configuration",
    what: `entities.${name} is no entity of the descriptors`,
    mend: "correct or remove it",
  };
}

/** `proto` where the process was started, else the examples that come with Pannier. */
function defaultDescriptors(directory: string): string {
  const own = resolve(directory, "proto");
  return existsSync(own) ? own : fileURLToPath(new URL("../../proto", import.meta.url));
}
