// Which version of a server the tests ran on.
import { versions } from "node:process";
import pg from "pg";
import { VERSION as CASSANDRA } from "./cassandra.ts";
import { hasCockroach } from "./cockroachdb.ts";
import { say } from "./mariadb.ts";
import { SCYLLA_VERSION } from "./scylla.ts";

/** As the server calls itself; empty for stores that are no servers and no libraries of others. */
export async function versionOf(url: string): Promise<string> {
  const parsed = new URL(url);
  switch (parsed.protocol) {
    case "sqlite:":
      return versions["sqlite"] ?? "";
    case "postgres:":
    case "postgresql:":
      return postgresqlVersion(parsed);
    case "cockroachdb:":
      return hasCockroach ? postgresqlVersion(parsed) : `${await postgresqlVersion(parsed)} and a proxy`;
    case "mariadb:":
    case "mysql:":
    case "tidb:":
      return textOf((await say(parsed, "SELECT version()"))[0]?.[0]);
    case "cassandra:":
      return CASSANDRA;
    case "scylla:":
      return SCYLLA_VERSION;
    default:
      return "";
  }
}

function textOf(told: unknown): string {
  return typeof told === "string" ? told : "";
}

async function postgresqlVersion(url: URL): Promise<string> {
  const client = new pg.Client({ connectionString: url.href.replace(/^\w+:/u, "postgres:") });
  await client.connect();
  try {
    const { rows } = await client.query<{ version: string }>("SELECT version() AS version");
    return /^(?:CockroachDB.* v\S+|\S+ \S+)/u.exec(rows[0]?.version ?? "")?.[0] ?? "";
  } finally {
    await client.end();
  }
}
