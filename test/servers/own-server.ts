// A database server of a test's own, which can be stopped, killed and started again on the same data and port.
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kill } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { databaseAt, prepareMariadb } from "./mariadb.ts";
import { prepareMysqlServer } from "./mysql.ts";
import { databaseOf, preparePostgresql } from "./postgresql.ts";
import { startNow, type Started } from "./run-server.ts";
import { COLLATION as TIDB_COLLATION, prepareTidbServer } from "./tidb.ts";

export interface OwnServer {
  /** The url of a new, empty database. */
  database(): Promise<string>;
  /** Its process, as it is now. */
  pid(): Promise<number>;
  /** Resolves when its process is gone. */
  stop(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Resolves when it answers again. */
  start(): Promise<void>;
  /** Stops it and removes its data. */
  end(): Promise<void>;
}

interface Kind {
  readonly prepare: (folder: string) => Promise<Started>;
  /** What makes a commit outlive the server, behind the arguments of `prepare`. */
  readonly durable: readonly string[];
  readonly database: (server: string) => Promise<string>;
}

export type OwnServerKind = "postgresql" | "mariadb" | "mysql" | "tidb";

export const ownServerKinds: readonly OwnServerKind[] = ["postgresql", "mariadb", "mysql", "tidb"];

const KINDS: { readonly [Name in OwnServerKind]: Kind } = {
  postgresql: { prepare: preparePostgresql, durable: ["-c", "fsync=on"], database: databaseOf },
  mariadb: { prepare: prepareMariadb, durable: ["--innodb-flush-log-at-trx-commit=1"], database: databaseAt },
  mysql: { prepare: prepareMysqlServer, durable: ["--innodb-flush-log-at-trx-commit=1"], database: databaseAt },
  tidb: { prepare: prepareTidbServer, durable: [], database: (server) => databaseAt(server, TIDB_COLLATION) },
};

/** @param more arguments, behind those that it has anyway */
export async function startOwnServer(name: OwnServerKind, more: readonly string[] = []): Promise<OwnServer> {
  const kind = KINDS[name];
  const folder = await mkdtemp(join(tmpdir(), `pannier-own-${name}-`));
  await chmod(folder, 0o755);
  const prepared = await kind.prepare(folder);
  const started = { ...prepared, args: [...prepared.args, ...kind.durable, ...more] };
  await startNow(folder, started);
  const pid = async (): Promise<number> => Number(await readFile(join(folder, "pid"), "utf8"));
  const stop: OwnServer["stop"] = async (signal) => {
    const process = await pid();
    for (let i = 0; isThere(process, i === 0 ? signal : 0); i += 1) {
      if (i === 600) kill(process, "SIGKILL");
      await wait(50);
    }
  };
  return {
    database: () => kind.database(started.url),
    pid,
    stop,
    start: async () => void (await startNow(folder, started)),
    end: async () => {
      await stop("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function isThere(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return kill(pid, signal);
  } catch {
    return false;
  }
}
