/** PostgreSQL as a store: what is its own, for the server store of the family. */

import { readFile } from "node:fs/promises";
import { checkServerIdentity } from "node:tls";
import type { ClientConfig } from "pg";
import type { OpenAdapter } from "../adapter.ts";
import { openServer } from "../sql/server/server-store.ts";
import { postgresqlAbilities, postgresqlCapabilities, ROW_ORDERS } from "./capabilities.ts";
import { postgresqlCatalog } from "./catalog.ts";
import { openLink } from "./connection.ts";
import { postgresqlDialect } from "./dialect.ts";
import { postgresqlFailures } from "./failure.ts";
import { checkSettings, settingsOf, type Settings } from "./settings.ts";
import { unfitEntities } from "./unfit.ts";

export { checkSettings };

/** Bytes: what the driver holds for ten connections, about. */
export const memory: number = 8 * 1_048_576;

export const open: OpenAdapter = async (options) => {
  const settings = settingsOf(options);
  const { host, port, user, database, password, applicationName, numbers } = settings;
  const ssl = await tlsOf(settings);
  const { Client } = await import("pg");
  return openServer({
    options,
    unfit: unfitEntities(options.entities),
    dialect: postgresqlDialect,
    catalog: postgresqlCatalog,
    failures: postgresqlFailures,
    abilities: postgresqlAbilities,
    orders: ROW_ORDERS,
    // Without leave to make tables there may be none to record outcomes in.
    capabilities: postgresqlCapabilities(options.tables !== "off"),
    sweepInterval: numbers.sweep_interval_ms,
    pool: {
      connect: () =>
        openLink(Client, {
          host,
          port,
          user,
          database,
          password: async () => password,
          ssl,
          applicationName,
          connectTimeout: numbers.connect_timeout_ms,
          statementTimeout: numbers.statement_timeout_ms,
        }),
      most: numbers["pool.max"],
      waiting: numbers.queue,
      idleTime: numbers.idle_ms,
      lifetime: numbers.lifetime_ms,
      grace: 1_000,
      breaker: { failures: 5, time: 30_000 },
    },
  });
};

/** As libpq has the modes: `require` encrypts and believes, `verify-ca` looks at who signed, `verify-full` at the name too. */
async function tlsOf({ tls: { mode, files } }: Settings): Promise<Exclude<ClientConfig["ssl"], undefined>> {
  if (mode === "disable") return false;
  const contents = async (name: string): Promise<string | undefined> => {
    const file = files[name];
    return file === undefined ? undefined : readFile(file, "utf8");
  };
  const [ca, cert, key] = await Promise.all(["sslrootcert", "sslcert", "sslkey"].map(contents));
  return {
    rejectUnauthorized: mode !== "require",
    checkServerIdentity: mode === "verify-full" ? checkServerIdentity : () => undefined,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}
