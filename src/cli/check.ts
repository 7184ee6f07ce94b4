/** `pannier check`: says whether the configuration, the schema and the stores fit together, and changes no table. */

import { openStore, type ComposeOptions } from "../compose.ts";
import type { StoreConfig } from "../config/config.ts";
import { systemClock } from "../model/clock.ts";
import { Fault } from "../model/fault.ts";
import { unmetDemands } from "../repository/demands.ts";
import { routedSchema, type RoutedEntity } from "../server/routed-schema.ts";
import { EXIT, type Command, type CommandContext } from "./command.ts";
import { complainOf, start } from "./start.ts";

export const check: Command = {
  summary: "check configuration, schema and stores, and exit with 78 when something does not fit",
  run: async (context) => {
    try {
      return await run(context);
    } catch (error) {
      return complainOf(error, context);
    }
  },
};

async function run(context: CommandContext): Promise<number> {
  const { config, log } = await start(context);
  const options: ComposeOptions = { config, log, clock: systemClock, directory: context.directory };
  const { routed } = await routedSchema(options);
  const findings: string[] = [];
  for (const store of config.stores.values()) findings.push(...(await checkStore(store, routed, options)));
  for (const finding of findings) context.complain(`pannier: ${finding}\n`);
  if (findings.length > 0) return EXIT.configuration;
  context.print(`${routed.length} entities on ${config.stores.size} stores: everything fits`);
  return EXIT.ok;
}

async function checkStore(
  store: StoreConfig,
  routed: readonly RoutedEntity[],
  options: ComposeOptions,
): Promise<readonly string[]> {
  const opened = await openStore({ ...store, tables: "off" }, routed, options).catch((error: unknown) =>
    reasonOf(error, store),
  );
  if (typeof opened === "string") return [opened];
  const { capabilities } = opened;
  await opened.close();
  return routed
    .filter((entity) => entity.store.name === store.name)
    .flatMap(({ model }) =>
      unmetDemands(model, capabilities).map(
        ({ capability, text }) => `${model.name}: ${text} (store ${store.name} lacks ${capability})`,
      ),
    );
}

function reasonOf(error: unknown, { name }: StoreConfig): string {
  const text =
    error instanceof Fault || (error instanceof Error && error.name === "SchemeRefused")
      ? error.message
      : "cannot be opened";
  return `stores.${name}: ${text}`;
}
