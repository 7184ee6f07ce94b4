/** PostgreSQL as a store: what is its own, for the server store of the family. */

import type { OpenAdapter } from "../adapter.ts";
import { connectorOf } from "../sql/server/hosts.ts";
import { openServer } from "../sql/server/server-store.ts";
import { passwordNow, poolSettings, tlsOptions } from "../sql/server/settings.ts";
import { SORTED } from "../row-order.ts";
import { serverCapabilities } from "../sql/server/capabilities.ts";
import { postgresqlAbilities } from "./abilities.ts";
import { postgresqlCatalog } from "./catalog.ts";
import { openLink } from "./connection.ts";
import { postgresqlDialect } from "./dialect.ts";
import { postgresqlFailures } from "./failure.ts";
import { checkSettings, settingsOf } from "./settings.ts";
import { unfitEntities } from "./unfit.ts";

export { checkSettings };

/** Bytes: what the driver holds for ten connections, about. */
export const memory: number = 8 * 1_048_576;

export const open: OpenAdapter = async (options) => {
  const settings = settingsOf(options);
  const { hosts, user, database, applicationName, numbers } = settings;
  const ssl = (await tlsOptions(settings)) ?? false;
  const { Client } = await import("pg");
  return openServer({
    options,
    unfit: unfitEntities(options.entities),
    dialect: postgresqlDialect,
    catalog: postgresqlCatalog,
    failures: postgresqlFailures,
    abilities: postgresqlAbilities,
    orders: SORTED,
    // Without leave to make tables there may be none to record outcomes in.
    capabilities: serverCapabilities(options.tables !== "off"),
    sweepInterval: numbers.sweep_interval_ms,
    pool: {
      connect: connectorOf(hosts, (host) =>
        openLink(Client, {
          ...host,
          isWritten: hosts.length > 1,
          user,
          database,
          password: () => passwordNow(options, settings),
          ssl,
          applicationName,
          connectTimeout: numbers.connect_timeout_ms,
          statementTimeout: numbers.statement_timeout_ms,
        }),
      ),
      ...poolSettings(settings),
    },
  });
};
