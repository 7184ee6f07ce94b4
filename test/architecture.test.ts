// The walls of the house, checked on every import of src and clients; the law that the READMEs and reviews refer to.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { House } from "./architecture/house.ts";
import { planted, soundHouse } from "./architecture/planted.ts";
import type { SourceFile } from "./architecture/source.ts";
import { checkWalls, ruleNames } from "./architecture/walls.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const house: House = {
  // The lowest first. A file imports what stands before its own folder, and its own folder; never what comes after.
  order: [
    "containers", // maps and sets for what comes and goes; knows nobody, and clients may import it
    "model", // the vocabulary; knows nobody
    "gen", // generated code; knows nobody either
    "http2", // the protocol of the wire; knows nobody, and clients may import it
    "worker-url.ts", // where workers lie
    "compilers.ts", // what V8 compiles during a start
    "start-worker.ts", // how threads begin
    "make-directory.ts", // what recursive mkdir should be
    "config", // what was configured, parsed once
    "telemetry", // logs, metrics and traces, ready to be handed down
    "schema", // descriptors in, entity models and services out
    "migration", // what a changed entity means for the rows that are there
    "adapter", // the contract and the backends that fill it
    "repository", // the portable operations, on adapters
    "cache", // what layers keep
    "event", // what layers emit
    "layer", // decorators of the repository
    "transport", // methods as bytes
    "service", // proto services: bytes to repository calls
    "server", // listening, health, reflection, draining
    "codegen", // descriptors to text for clients
    "openapi", // documents of OpenAPI to text of .proto files
    "compose", // the parts of the next
    "compose.ts", // all of the above, put together
    "testing", // what goes wrong in a sidecar of a test
    "testing.ts", // a sidecar inside the process of an application's test
    "cli", // commands
    "main.ts",
  ],
  backends: [
    // "memory" and "kv" are words of their own, so they count only as a scheme in a string, or in the name of an adapter.
    { folder: "memory", names: /memory(Adapter|Store|Backend)/i, scheme: /^memory(:|$)/ },
    { folder: "sqlite", names: /sqlite/i },
    { folder: "postgresql", names: /postgres/i },
    { folder: "cockroachdb", names: /cockroach/i, extends: "postgresql" },
    { folder: "mysql", names: /mysql|mariadb/i },
    { folder: "tidb", names: /TiDB|Tidb|tidb|TIDB/, extends: "mysql" },
    { folder: "cassandra", names: /cassandra/i },
    { folder: "scylla", names: /scylla/i, extends: "cassandra" },
    { folder: "dynamodb", names: /dynamo/i },
    { folder: "mongodb", names: /mongo/i },
    { folder: "kv", names: /\bkv(Adapter|Store|Backend)|pebble/i, scheme: /^kv(:|$)/ },
  ],
  rooms: new Set(["planner", "reading", "writing", "decorators", "runtime"]),
  clients: new Map([
    ["node:sqlite", "adapter/sqlite"],
    ["pg", "adapter/postgresql"],
    ["mariadb", "adapter/mysql"],
    ["cassandra-driver", "adapter/cql"],
    ["@aws-sdk/client-dynamodb", "adapter/dynamodb"],
    ["mongodb", "adapter/mongodb"],
    ["classic-level", "adapter/kv"],
    ["ioredis", "cache"],
    ["@platformatic/kafka", "event"],
  ]),
  builtIn: new Set(["node:sqlite"]),
  foreignWords: new Set(["x-dynamodb-indexmap"]), // an extension of OpenAPI documents
};

/** Every TypeScript file below a top-level folder, which need not exist. What has a package.json of its own is another house. */
function sources(folder: string): readonly SourceFile[] {
  const entries = readdirSync(root, { withFileTypes: true }).some(({ name }) => name === folder)
    ? readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    : [];
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.parentPath.includes("node_modules"))
    .filter(({ parentPath }) => !existsSync(join(parentPath, "package.json")))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(root, file).split(sep).join("/"), text: readFileSync(file, "utf8") }));
}

describe("the house", () => {
  const files = ["src", "clients"].flatMap(sources);
  const breaches = checkWalls(files, house);

  test("is read", () => {
    expect(files.map(({ path }) => path)).toContain("src/main.ts");
  });

  test.each(ruleNames)("%s", (rule) => {
    expect(breaches.filter((breach) => breach.rule === rule)).toEqual([]);
  });
});

describe("the checker", () => {
  test("finds nothing in a sound house", () => {
    expect(checkWalls(soundHouse, house)).toEqual([]);
  });

  test("has a planted breach for every rule", () => {
    expect([...new Set(planted.map(({ rule }) => rule))].toSorted()).toEqual(ruleNames.toSorted());
  });

  test.each(planted)("sees: $what", ({ rule, files }) => {
    const replaced = new Set(files.map(({ path }) => path));
    const broken = [...soundHouse.filter(({ path }) => !replaced.has(path)), ...files];
    expect(checkWalls(broken, house).map((breach) => breach.rule)).toContain(rule);
  });
});
