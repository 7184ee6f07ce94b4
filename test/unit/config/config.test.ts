// Where a setting's value comes from, and what refuses the start.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfiguration, type CheckStores, type Config } from "../../../src/config/config.ts";
import { ConfigurationRefused, type Finding } from "../../../src/config/finding.ts";
import { parseConfiguration } from "../../../src/config/file.ts";
import { settingsTable } from "../../../src/config/settings-table.ts";
import { ownTokenKey } from "../../../src/config/token-keys.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pannier-"));
});
afterAll(() => rm(directory, { recursive: true }));

interface Given {
  readonly yaml?: string;
  readonly environment?: Record<string, string>;
  readonly flags?: Record<string, string>;
}

async function load({
  yaml = "",
  environment = {},
  flags = {},
}: Given): Promise<{ config: Config; warnings: readonly string[] }> {
  await writeFile(join(directory, "pannier.yaml"), yaml);
  return loadConfiguration({ environment, flags: new Map(Object.entries(flags)), directory });
}

async function findings(given: Given): Promise<readonly Finding[]> {
  try {
    await load(given);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationRefused) return error.findings;
    throw error;
  }
}

describe("precedence", () => {
  test("without anything, one embedded store in ./data and loopback", async () => {
    const { config, warnings } = await load({});
    expect(warnings).toEqual([]);
    expect(config.listen).toBe("127.0.0.1:7070");
    expect(config.dataDir).toBe(join(directory, "data"));
    expect(config.descriptors).toBeUndefined();
    expect(config.stores.get("default")?.url.href).toBe("sqlite:pannier.db");
    expect(config.stores.get("default")?.settings).toEqual({});
    expect(config.limits.defaultTimeout).toBe(5_000);
  });

  test("a port of metrics leaves the host as it is", async () => {
    const listen = async (given: Given): Promise<string> => (await load(given)).config.operations.listen;
    const environment = { METRICS_PORT: "9090" };
    expect(await listen({ environment })).toBe("127.0.0.1:9090");
    expect(await listen({ environment, yaml: 'operations: {listen: "[::]:7071"}' })).toBe("[::]:9090");
    expect(await listen({ environment: { ...environment, PANNIER_OPERATIONS_LISTEN: "0.0.0.0:1" } })).toBe("0.0.0.0:1");
  });

  test("the fleet's names for a store reach it, and what means nothing to it warns", async () => {
    const environment = {
      DATABASE_DSN: "postgres://db/shop",
      DATABASE_MAX_OPEN_CONNS: "7",
      DATABASE_MAX_IDLE_CONNS: "2",
      ENABLE_K8S_CONFIG_WATCH: "false",
    };
    const { config, warnings } = await load({ environment });
    expect(config.stores.get("default")?.url.href).toBe("postgres://db/shop");
    expect(config.stores.get("default")?.settings).toEqual({ "pool.max": 7 });
    expect(config.reload.watch).toBe("off");
    expect(warnings).toEqual(["DATABASE_MAX_IDLE_CONNS is ignored: nothing here follows it"]);
    const embedded = await load({ environment: { DATABASE_MAX_OPEN_CONNS: "7" } });
    expect(embedded.config.stores.get("default")?.settings).toEqual({});
  });

  test("flags over PANNIER_ variables over aliases over the file over defaults", async () => {
    const yaml = "log: {level: error}\nshutdown: {grace: 1s}\n";
    const level = async (given: Given): Promise<string> => (await load({ yaml, ...given })).config.log.level;
    expect(await level({})).toBe("error");
    expect(await level({ environment: { LOG_LEVEL: "WARN" } })).toBe("warn");
    expect(await level({ environment: { LOG_LEVEL: "warn", PANNIER_LOG_LEVEL: "debug" } })).toBe("debug");
    expect(await level({ environment: { PANNIER_LOG_LEVEL: "debug" }, flags: { "log.level": "fatal" } })).toBe("fatal");
    expect((await load({ yaml })).config.shutdown.grace).toBe(1_000);
  });

  test("stores are reached by name, also those that only the environment names", async () => {
    const yaml = "stores: {default: {url: 'memory:'}, big-one: {url: 'memory:', scans: allow}}";
    const environment = {
      PANNIER_STORES_DEFAULT_URL: "sqlite:x.db",
      PANNIER_STORES_BIG_ONE_TABLES: "check",
      PANNIER_STORES_THIRD_URL: "memory:",
    };
    const { config } = await load({ yaml, environment });
    expect(
      Array.from(config.stores.values(), ({ name, url, tables, scans }) => [name, url.href, tables, scans]),
    ).toEqual([
      ["default", "sqlite:x.db", "auto", "refuse"],
      ["big-one", "memory:", "check", "allow"],
      ["third", "memory:", "auto", "refuse"],
    ]);
  });

  test("lists are separated by commas outside the file", async () => {
    const { config } = await load({
      environment: { PANNIER_DESCRIPTORS: "a, b.binpb" },
      flags: { "data-dir": "elsewhere" },
    });
    expect(config.descriptors).toEqual([join(directory, "a"), join(directory, "b.binpb")]);
    expect(config.dataDir).toBe(join(directory, "elsewhere"));
  });

  test("entities keep the dots of their names", async () => {
    const { config } = await load({ yaml: "entities:\n  shop.v1.Order: {store: default, scans: allow}\n" });
    expect(config.entities).toEqual(new Map([["shop.v1.Order", { store: "default", scans: "allow" }]]));
  });

  test("unknown PANNIER_ variables and unreadable aliases only warn", async () => {
    const { warnings } = await load({
      environment: { PANNIER_SERVICE_HOST: "10.0.0.1", PANNIER_PORT: "tcp://10.0.0.1:7070", LOG_LEVEL: "verbose" },
    });
    expect(warnings).toHaveLength(3);
  });
});

describe("stores in parts", () => {
  test("scheme, host, port, database, name and password become a url", async () => {
    await writeFile(join(directory, "secret"), "p@ss/word\n");
    const yaml =
      "stores: {default: {scheme: postgres, host: db, port: 5432, database: shop, username: app, password_file: secret}}";
    const url = (await load({ yaml })).config.stores.get("default")?.url;
    expect([url?.href, decodeURIComponent(url?.password ?? "")]).toEqual([
      "postgres://app:p%40ss%2Fword@db:5432/shop",
      "p@ss/word",
    ]);
  });

  test.each(["50%off", "a%41b", "100%"])("a password file and a name are taken as they are: %s", async (text) => {
    await writeFile(join(directory, "secret"), text);
    const yaml = `stores: {default: {url: 'postgres://db/shop', username: '${text}', password_file: secret}}`;
    const url = (await load({ yaml })).config.stores.get("default")?.url;
    expect([url?.username, url?.password].map((given = "") => decodeURIComponent(given))).toEqual([text, text]);
  });

  test.each(["postgres://u:50%hunter2@h/d", "postgres://50%hunter2@h/d", "postgres://u@h/50%hunter2"])(
    "%s has a %% that stands for nothing, and is refused",
    async (url) => {
      const [found] = await findings({ environment: { PANNIER_STORES_DEFAULT_URL: url } });
      expect(found).toMatchObject({ key: "stores.default.url", reason: expect.stringContaining("%25") });
      expect(JSON.stringify(found)).not.toContain("hunter2");
    },
  );

  test("a database without a host is a file, whatever its name holds", async () => {
    const { config } = await load({ yaml: "stores: {default: {scheme: sqlite, database: 'x/50%#1?.db'}}" });
    expect(config.stores.get("default")?.url.href).toBe("sqlite:x/50%25%231%3F.db");
  });

  test("a url beside parts, and a password file that is not there, are refused", async () => {
    const found = await findings({
      yaml: "stores: {default: {url: 'memory:', scheme: mysql, password_file: nowhere}}",
    });
    expect(found.map(({ key }) => key)).toEqual(["stores.default.scheme", "stores.default.password_file"]);
    const parts = "stores: {default: {url: 'postgres://u@h/d', host: other, port: 6432, database: shop}}";
    expect((await findings({ yaml: parts })).map(({ key, reason }) => [key, reason])).toEqual(
      ["host", "port", "database"].map((part) => [
        `stores.default.${part}`,
        "is given beside url; give one of the two",
      ]),
    );
  });

  test("a url that cannot be read is never quoted", async () => {
    const [found] = await findings({ environment: { PANNIER_STORES_DEFAULT_URL: "://user:hunter2@host" } });
    expect(JSON.stringify(found)).not.toContain("hunter2");
  });

  test.each(["postgres://me:hunter/2@h/d", "postgres://me:hunter2@h:99999/d"])(
    "says how %s is written",
    async (url) => {
      const [found] = await findings({ environment: { PANNIER_STORES_DEFAULT_URL: url } });
      expect(found?.reason).toContain(
        "a port up to 65535, and a /, ?, # or % of the password is written %2F, %3F, %23 or %25",
      );
      expect(JSON.stringify(found)).not.toContain("hunter");
    },
  );
});

describe("refusals", () => {
  test.each([
    ["nothing: 1", "nothing"], ["stores: {default: {nothing: 1}}", "stores.default.nothing"], ["log: info", "log"],
    ["listen: 7070", "listen"], ["listen: 127.0.0.1:99999", "listen"], ["listen: '[::]:7070'", "listen"],
    ["listen: 192.168.0.1:7070", "listen"], ["limits: {page_size: 0}", "limits.page_size"], ["limits: {page_size: 1.5}", "limits.page_size"],
    ["shutdown: {grace: 30}", "shutdown.grace"], ["shutdown: {grace: -1s}", "shutdown.grace"], ["snowflake: {node: 1024}", "snowflake.node"],
    ["stores: {Default: {url: 'memory:'}}", "stores.Default"], ["descriptors: proto", "descriptors"], ["? [a]\n: 1", "a"],
    ["stores: {__proto__: {url: 'memory:'}}", "stores.__proto__"], ["stores: [1]", "stores"], ["tokens: {keys: [YWJj]}", "tokens.keys[0]"],
  ])("%j names %s", async (yaml, key) => {
    const found = await findings({ yaml });
    expect(found.map((finding) => finding.key)).toContain(key);
  }); // prettier-ignore

  test("a url with a password is refused as a flag, and one without is none the worse for it", async () => {
    const [found] = await findings({ flags: { "stores.default.url": "postgres://me:hunter2@h/d" } });
    expect([found?.key, found?.reason]).toEqual(["stores.default.url", expect.stringContaining("use password_file")]);
    expect(JSON.stringify(found)).not.toContain("hunter2");
    const { config } = await load({ flags: { "stores.default.url": "postgres://me@h/d" } });
    expect(config.stores.get("default")?.url.href).toBe("postgres://me@h/d");
  });

  test("token keys and unknown names are refused as flags", async () => {
    expect((await findings({ flags: { "tokens.keys": "x", nothing: "y" } })).map(({ key }) => key)).toEqual([
      "tokens.keys",
      "--nothing",
    ]);
  });

  test("an empty text is refused where it would mean another place", async () => {
    const refused = async (given: Given): Promise<readonly string[]> =>
      (await findings(given)).map(({ reason }) => reason);
    expect(await refused({ environment: { PANNIER_DATA_DIR: "" } })).toEqual(["must not be empty"]);
    expect(await refused({ yaml: "data_dir: ''" })).toEqual(["must not be empty"]);
    expect(await refused({ flags: { data_dir: "" } })).toEqual(["must not be empty"]);
    expect(await refused({ environment: { PANNIER_STORES_DEFAULT_PASSWORD_FILE: "" } })).toEqual(["must not be empty"]);
    expect(await refused({ yaml: "entities: {shop.v1.Order: {store: ''}}" })).toContain("must not be empty");
    expect(await refused({ yaml: "descriptors: ['']" })).toEqual(["must be a list of texts, and one of them is empty"]);
  });

  test.each([
    ["PANNIER_CONFIG", { environment: { PANNIER_CONFIG: "" } }],
    ["--config", { flags: { config: "" } }],
    ["--config", { flags: { config: "" }, environment: { PANNIER_CONFIG: "pannier.yaml" } }],
  ])("an empty name of the file is refused and not taken for the working directory: %s", async (key, given) => {
    expect(await findings(given)).toMatchObject([{ key, reason: "must not be empty; name a file or remove it" }]);
  });

  test("what backends say of their stores stands among the rest, with where it was written", async () => {
    await writeFile(join(directory, "pannier.yaml"), "limits: {page_size: 0}\nstores: {a: {options: {x: 1}}}");
    const sources = { environment: { PANNIER_STORES_A_URL: "memory:" }, flags: new Map(), directory };
    const checkStores: CheckStores = async (stores) =>
      Array.from(stores, ({ name }) => name).flatMap((store) => [
        { store, setting: "x", reason: "is wrong" },
        { store, setting: "url", reason: "is odd" },
        { store, setting: "pool.max", reason: "is idle" },
      ]);
    const refusal = await loadConfiguration({ ...sources, checkStores }).catch((error: unknown) => error);
    const file = join(directory, "pannier.yaml");
    expect(refusal).toMatchObject({
      findings: [
        { key: "limits.page_size", source: file },
        { key: "stores.a.options.x", reason: "is wrong", source: file },
        { key: "stores.a.url", reason: "is odd", source: "PANNIER_STORES_A_URL" },
        { key: "stores.a.pool.max", reason: "is idle", source: "configuration" },
      ],
    });
  });

  test("a named file must be there", async () => {
    expect((await findings({ flags: { config: "nowhere.yaml" } }))[0]?.reason).toContain("is not there");
  });

  test.each([
    ["a: 1\na: 2", "unique"], ["\uFEFFlisten: x", "byte order mark"], ["a: [", "Flow"], ["a: !!js/function x", "tag"], ["- 1", "must be a map"],
  ])("the text %j is refused", async (text, reason) => {
    expect((await parseConfiguration(text, "file")).findings[0]?.reason).toContain(reason);
  }); // prettier-ignore
});

test("the generated token key stays the same, for any number of processes at once", async () => {
  const keys = await Promise.all([1, 2, 3, 4].map(() => ownTokenKey(join(directory, "keys"))));
  expect(new Set(keys.map((key) => Buffer.from(key).toString("hex"))).size).toBe(1);
});

test("README.md holds the table of all settings", async () => {
  const text = await readFile(new URL("../../../src/config/README.md", import.meta.url), "utf8");
  const plain = (table: string): string => table.replaceAll(/[ -]+/g, " ");
  expect(plain(text)).toContain(plain(settingsTable()));
});
