// Provides a CockroachDB to the tests: the one that the environment names, else PostgreSQL behind a proxy that makes statements fail as CockroachDB does.
import { env } from "node:process";
import { databaseOf, postgresqlServer } from "./postgresql.ts";
import { createRestartProxy, type RestartProxy } from "./restart-proxy.ts";

/** Whether it is a real one. */
export const hasCockroach: boolean = (env["PANNIER_TEST_COCKROACHDB_URL"] ?? "") !== "";

/** Of statements that the proxy makes fail. */
const SHARE = 0.03;

/** Text compares by code point, as it does there. */
const LIKE = "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'";

/** The url of an empty database: of the server that PANNIER_TEST_COCKROACHDB_URL names, or of a PostgreSQL that plays one until this process ends. */
export async function cockroachDatabase(): Promise<string> {
  const named = env["PANNIER_TEST_COCKROACHDB_URL"] ?? "";
  if (named === "") return (await playedCockroach(SHARE)).url;
  return (await databaseOf(named.replace(/^\w+:/u, "postgres:"))).replace(/^\w+:/u, "cockroachdb:");
}

export interface PlayedCockroach {
  readonly url: string;
  /** The same database without the proxy. */
  readonly direct: string;
  readonly proxy: RestartProxy;
}

export async function playedCockroach(share: number, seed = 1): Promise<PlayedCockroach> {
  const direct = await databaseOf(await postgresqlServer(), LIKE);
  const { hostname, port } = new URL(direct);
  const proxy = await createRestartProxy({ host: hostname, port: Number(port), share, seed });
  const url = new URL(direct.replace(/^\w+:/u, "cockroachdb:"));
  url.port = String(proxy.port);
  return { url: url.href, direct, proxy };
}
