// A server that lets nobody in: `check` and `migrate` say why, and what the store has; never a stack, a statement, a host or a password.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freePort } from "../servers/run-server.ts";
import { mariadbDatabase } from "../servers/mariadb.ts";
import { hasMysql, mysqlDatabase } from "../servers/mysql.ts";
import { postgresqlDatabase, postgresqlTlsServer } from "../servers/postgresql.ts";
import { proto } from "../unit/schema/proto-folder.ts";
import { runPannier } from "./sidecar.ts";

const SECRET = "geheim-8461";
const LIMIT = 120_000;

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pannier-"));
  const body = `message Thing { option (pannier.v1.entity) = { key: {partition: "id"} }; string id = 1; }`;
  await writeFile(join(directory, "e.proto"), proto(body));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function pannier(words: readonly string[], url: string): ReturnType<typeof runPannier> {
  return runPannier([...words, "--descriptors", directory], {
    directory,
    environment: { PANNIER_STORES_DEFAULT_URL: url },
  });
}

/** Why the database is not reached, as the operator is told. */
async function refusal(words: readonly string[], url: string): Promise<string> {
  const { code, out, err } = await pannier(words, url);
  expect(code).toBe(78);
  expect(out).not.toContain("stores.default");
  expect(err).not.toMatch(/ at .*\.ts|SELECT|SET SESSION|127\.0\.0\.1/u);
  expect(err).not.toContain(SECRET);
  const said =
    /^pannier: stores\.default: the database cannot be reached: (.*); nothing was changed \(STORE_UNAVAILABLE\)$/mu;
  return said.exec(err)?.[1] ?? err;
}

const servers = [
  { name: "PostgreSQL", database: postgresqlDatabase },
  { name: "MariaDB", database: mariadbDatabase },
];

describe.each(servers)("$name", ({ database }) => {
  const changed = async (change: (url: URL) => void): Promise<string> => {
    const url = new URL(await database());
    url.password = SECRET;
    change(url);
    return url.href;
  };

  test(
    "a port on which nothing listens",
    async () => {
      const port = await freePort();
      const url = await changed((to) => void (to.port = String(port)));
      const told = [
        await refusal(["check"], url),
        await refusal(["migrate", "plan"], url),
        await refusal(["migrate", "apply"], url),
      ];
      expect(new Set(told)).toEqual(new Set(["nothing listens at its host and port"]));
    },
    LIMIT,
  );

  test(
    "a database that is not there",
    async () => {
      const url = await changed((to) => {
        to.password = "";
        to.pathname = "/nothere";
      });
      expect(await refusal(["check"], url)).toBe("the server has no such database");
    },
    LIMIT,
  );

  test(
    "a server that takes no encrypted connections",
    async () => {
      const url = await changed((to) => to.searchParams.set("sslmode", "require"));
      expect(await refusal(["check"], url)).toBe("the server takes no encrypted connections; see sslmode");
    },
    LIMIT,
  );
});

test(
  "a password that PostgreSQL refuses",
  async () => {
    const url = new URL((await postgresqlTlsServer()).url);
    url.username = "signed";
    url.password = SECRET;
    url.searchParams.set("sslmode", "require");
    expect(await refusal(["check"], url.href)).toBe("the server refuses the user or the password");
  },
  LIMIT,
);

test(
  "a password that MariaDB refuses",
  async () => {
    const url = new URL(await mariadbDatabase());
    url.username = "nobody";
    url.password = SECRET;
    expect(await refusal(["check"], url.href)).toBe("the server refuses the user or the password");
  },
  LIMIT,
);

test.each(["mysql", "tidb"])(
  "a MariaDB under %s: is told by the name that it gives itself",
  async (scheme) => {
    const url = (await mariadbDatabase()).replace("mariadb:", `${scheme}:`);
    const { code, err } = await pannier(["check"], url);
    expect(code).toBe(78);
    expect(err).toMatch(
      new RegExp(`stores.default: the server at the url is no ${scheme}: it calls itself .*MariaDB.*; give`, "u"),
    );
  },
  LIMIT,
);

test.skipIf(!hasMysql)(
  "a MySQL under mariadb: is told by the version that it gives itself",
  async () => {
    const url = (await mysqlDatabase()).replace("mysql:", "mariadb:");
    const { code, err } = await pannier(["check"], url);
    expect([code, err]).toEqual([
      78,
      expect.stringMatching(/the server at the url is no mariadb: it calls itself \d+\.\d+/u),
    ]);
  },
  LIMIT,
);

test(
  "a file of certificates that is not there",
  async () => {
    const url = new URL(await postgresqlDatabase());
    const file = join(directory, "ca.pem");
    url.search = `?sslmode=verify-full&sslrootcert=${encodeURIComponent(file)}`;
    const { code, err } = await pannier(["check"], url.href);
    expect([code, err]).toEqual([
      78,
      expect.stringContaining(`stores.default: the file ${file} cannot be read (ENOENT)`),
    ]);
  },
  LIMIT,
);

test(
  "an empty database is no failure, and check logs none",
  async () => {
    const { code, out, err } = await pannier(["check"], await postgresqlDatabase());
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("stores.default: serve will add to the tables: 1 difference\n");
  },
  LIMIT,
);

test(
  "with tables: off check asks the server as well, and says what its tables do not hold",
  async () => {
    const url = new URL(await postgresqlDatabase());
    const off = ["check", "--stores.default.tables", "off"];
    const { code, err } = await pannier(off, url.href);
    expect([code, err]).toEqual([
      78,
      expect.stringContaining("pannier: stores.default: p.v1.Thing: the table is missing\n"),
    ]);
    url.pathname = "/nothere";
    expect(await refusal(off, url.href)).toBe("the server has no such database");
  },
  LIMIT,
);
