/** PostgreSQL, and what is like it, as stores: what is their own, for the server store of the family. */

import type { Adapter } from "../adapter.ts";
import type { CheckSettings, OpenAdapter, OpenOptions } from "../opening.ts";
import type { StoreAbilities } from "../../migration/plan.ts";
import type { Catalog } from "../sql/server/tables/catalog.ts";
import type { ServerFailures } from "../sql/server/failure.ts";
import { connectorOf } from "../sql/server/connection/hosts.ts";
import type { ServerDialect } from "../sql/server/server-dialect.ts";
import { openServer } from "../sql/server/server-store.ts";
import { credentialsOf } from "../sql/server/connection/credentials.ts";
import { poolSettings } from "../sql/server/settings.ts";
import { SORTED } from "../planner/row-order.ts";
import { serverCapabilities } from "../sql/server/capabilities.ts";
import { postgresqlAbilities } from "./abilities.ts";
import { pooledCatalog, postgresqlCatalog } from "./catalog.ts";
import { openLink } from "./connection.ts";
import { POSTGRESQL, type Flavour } from "./flavour.ts";
import { postgresqlDialect } from "./dialect.ts";
import { postgresqlFailures } from "./failure.ts";
import { settingsCheck, settingsOf } from "./settings.ts";
import { statementQuery } from "./statement-query.ts";
import { unfitEntities } from "./unfit.ts";

/** Bytes: what the driver holds for ten connections, about. */
export const memory: number = 8 * 1_048_576;

/** What a server has otherwise than PostgreSQL, beside its flavour. */
export interface Own {
  readonly dialect: ServerDialect;
  readonly catalog: Catalog;
  readonly failures: ServerFailures;
  readonly abilities: StoreAbilities;
}

export const open: OpenAdapter = opening(POSTGRESQL);
export const checkSettings: CheckSettings = settingsCheck(POSTGRESQL);
export { postgresqlAbilities as abilities } from "./abilities.ts";

export function opening(flavour: Flavour, own: Partial<Own> = {}): OpenAdapter {
  return (options) => openFlavour(flavour, own, options);
}

async function openFlavour(flavour: Flavour, own: Partial<Own>, options: OpenOptions): Promise<Adapter> {
  const settings = settingsOf(flavour, options);
  const { hosts, user, database, applicationName, isPooled, numbers } = settings;
  const credentials = credentialsOf(options, settings);
  await credentials.now(); // a file that is not there is told at the start
  const { Client, Query } = await import("pg");
  const driver = { Client, Query: statementQuery(Query) };
  return openServer({
    options,
    unfit: unfitEntities(options.entities),
    dialect: postgresqlDialect,
    catalog: isPooled ? pooledCatalog : postgresqlCatalog,
    failures: postgresqlFailures,
    abilities: postgresqlAbilities,
    ...own,
    orders: SORTED,
    // Without leave to make tables there may be none to record outcomes in, and no foreign keys.
    capabilities: serverCapabilities(options.tables !== "off"),
    sweepInterval: numbers.sweep_interval_ms,
    haveCredentialsChanged: () => credentials.haveChanged(),
    pool: {
      connect: connectorOf(hosts, (host) =>
        openLink(driver, {
          ...host,
          flavour,
          isWritten: hosts.length > 1 && flavour.hasStandbys,
          isPooled,
          user,
          database,
          credentials: () => credentials.now(),
          applicationName,
          connectTimeout: numbers.connect_timeout_ms,
          statementTimeout: numbers.statement_timeout_ms,
        }),
      ),
      ...poolSettings(settings),
    },
  });
}
