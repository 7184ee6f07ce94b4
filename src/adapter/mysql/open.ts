/** MariaDB, MySQL and what is like them as stores: what is their own, for the server store of the family. */

import type { Adapter } from "../adapter.ts";
import type { OpenAdapter, OpenOptions } from "../opening.ts";
import type { Capabilities } from "../capabilities.ts";
import type { ServerDialect } from "../sql/server/server-dialect.ts";
import { connectorOf } from "../sql/server/connection/hosts.ts";
import { openServer } from "../sql/server/server-store.ts";
import { credentialsOf } from "../sql/server/connection/credentials.ts";
import { poolSettings } from "../sql/server/settings.ts";
import { SORTED } from "../planner/row-order.ts";
import { serverCapabilities } from "../sql/server/capabilities.ts";
import { mysqlAbilities } from "./abilities.ts";
import { mysqlCatalog } from "./catalog.ts";
import { openLink } from "./connection.ts";
import { mysqlDialect } from "./dialect.ts";
import { mysqlFailures } from "./failure.ts";
import type { Flavour } from "./flavour.ts";
import { settingsOf } from "./settings.ts";
import { unfitEntities } from "./unfit.ts";

/** Bytes: what the driver holds for ten connections, about. */
export const memory: number = 8 * 1_048_576;

/** What a server has otherwise than MySQL, beside its flavour. */
export interface Own {
  readonly dialect: ServerDialect;
  readonly capabilities: Capabilities;
}

export function opening(flavour: Flavour, own: Partial<Own> = {}): OpenAdapter {
  return (options) => open(flavour, own, options);
}

async function open(flavour: Flavour, own: Partial<Own>, options: OpenOptions): Promise<Adapter> {
  const settings = settingsOf(flavour, options);
  const { hosts, user, database, applicationName, numbers } = settings;
  const { dialect = mysqlDialect(flavour) } = own;
  const credentials = credentialsOf(options, settings);
  await credentials.now(); // a file that is not there is told at the start
  const { createConnection } = await import("mariadb");
  return openServer({
    options,
    unfit: unfitEntities(dialect, options.entities),
    dialect,
    catalog: mysqlCatalog(flavour),
    failures: mysqlFailures,
    abilities: mysqlAbilities,
    orders: SORTED,
    // Without leave to make tables there may be none to record outcomes in, and no foreign keys.
    capabilities: { ...serverCapabilities(options.tables !== "off"), ...own.capabilities },
    sweepInterval: numbers.sweep_interval_ms,
    haveCredentialsChanged: () => credentials.haveChanged(),
    pool: {
      connect: connectorOf(hosts, (host) =>
        openLink(createConnection, {
          ...host,
          flavour,
          isWritten: hosts.length > 1 && flavour.hasStandbys,
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
