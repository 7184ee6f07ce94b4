// A small sound house, and breaches planted into it one by one, so that the architecture test is seen to fail.
import type { SourceFile } from "./source.ts";
import type { RuleName } from "./walls.ts";

/** A breach: files that replace or join those of the sound house. */
export interface Planted {
  readonly rule: RuleName;
  readonly what: string;
  readonly files: readonly SourceFile[];
}

function file(path: string, ...lines: readonly string[]): SourceFile {
  return { path, text: `${lines.join("\n")}\n` };
}

/** One file or two of every stage, in which every rule holds. */
export const soundHouse: readonly SourceFile[] = [
  file("src/model/key.ts", `export const key = 1;`),
  file("src/model/entity.ts", `import type { key } from "./key.ts";`, `export type Entity = typeof key;`),
  file("src/containers/bag.ts", `export const bag = [];`),
  file("src/http2/connection.ts", `import { bag } from "../containers/bag.ts";`, `export const preface = bag;`),
  file("src/worker-url.ts", `export const workerUrl = (base: string, name: string): string => base + name;`),
  file("src/adapter/adapter.ts", `import type { Entity } from "../model/entity.ts";`, `export type Adapter = Entity;`),
  file("src/adapter/sql/dialect.ts", `export const dialect = "plain";`),
  file(
    "src/adapter/sqlite/rows.ts",
    `import { DatabaseSync } from "node:sqlite";`,
    `export const rows = DatabaseSync;`,
  ),
  file("src/adapter/sqlite/writer.ts", `import { rows } from "./rows.ts";`, `export const sqliteWriter = rows;`),
  file(
    "src/adapter/sqlite/adapter.ts",
    `import { workerUrl } from "../../worker-url.ts";`,
    `import { dialect } from "../sql/dialect.ts";`,
    `export const worker = workerUrl(import.meta.url, "./writer") + dialect;`,
  ),
  file("src/adapter/postgresql/adapter.ts", `export const open = async () => import("pg");`),
  file(
    "src/adapter/cockroachdb/adapter.ts",
    `import { open } from "../postgresql/adapter.ts";`,
    `export const cockroach = { postgres: open };`,
  ),
  file(
    "src/adapter/registry.ts",
    `export const schemes = { sqlite: () => import("./sqlite/adapter.ts") };`,
    `export const installed = (name: string) => import(name);`,
  ),
  file(
    "src/repository/repository.ts",
    `import type { Entity } from "../model/entity.ts";`,
    `export type Repository = Entity;`,
  ),
  file("src/repository/operation.ts", `export type Operation = string;`),
  file(
    "src/layer/observe.ts",
    `import type { Operation } from "../repository/operation.ts";`,
    `export const observe = (operation: Operation) => operation;`,
  ),
  file(
    "src/layer/dispatch/dispatch.ts",
    `import type { Repository } from "../../repository/repository.ts";`,
    `export const dispatch = (repository: Repository) => repository;`,
  ),
  file(
    "src/service/status.ts",
    `// A comment may say sqlite, and memory is a word.`,
    `export const memory = process.memoryUsage();`,
  ),
  file(
    "src/compose.ts",
    `import { observe } from "./layer/observe.ts";`,
    `import { schemes } from "./adapter/registry.ts";`,
    `export const composed = { observe, schemes };`,
  ),
  file("src/main.ts", `import { composed } from "./compose.ts";`, `process.exit(composed ? 0 : 1);`),
  file(
    "clients/typescript/facade.ts",
    `import { preface } from "../../src/http2/connection.ts";`,
    `export const facade = preface;`,
  ),
];

/** At least one breach for every rule. */
export const planted: readonly Planted[] = [
  {
    rule: "compose alone chooses the transport",
    what: "a service names a transport",
    files: [file("src/service/status.ts", `import { listenGrpc } from "../transport/grpc-js.ts";`)],
  },
  {
    rule: "compose alone chooses the transport",
    what: "what any transport uses knows grpc-js",
    files: [file("src/transport/call/ending.ts", `import { Metadata } from "@grpc/grpc-js";`)],
  },
  {
    rule: "the model imports nothing",
    what: "the model imports a built-in module",
    files: [file("src/model/key.ts", `import { randomUUID } from "node:crypto";`, `export const key = randomUUID();`)],
  },
  {
    rule: "the model imports nothing",
    what: "the model imports a type from another folder",
    files: [file("src/model/key.ts", `export type Key = import("../worker-url.ts").Key;`)],
  },
  {
    rule: "http2 imports containers alone",
    what: "the protocol opens a socket",
    files: [file("src/http2/connection.ts", `export { connect } from "node:net";`)],
  },
  {
    rule: "http2 imports containers alone",
    what: "the protocol imports the model",
    files: [file("src/http2/connection.ts", `export { key } from "../model/key.ts";`)],
  },
  {
    rule: "containers import nothing",
    what: "a container imports the protocol that uses it",
    files: [file("src/containers/bag.ts", `import type { preface } from "../http2/connection.ts";`)],
  },
  {
    rule: "arrows point down",
    what: "an adapter imports the repository",
    files: [file("src/adapter/adapter.ts", `import type { Repository } from "../repository/repository.ts";`)],
  },
  {
    rule: "every folder has its place in the order",
    what: "a folder nobody knows",
    files: [file("src/utils/strings.ts", `export const trim = 1;`)],
  },
  {
    rule: "only the registry reaches into an adapter's folder",
    what: "compose imports a backend",
    files: [file("src/compose.ts", `import { rows } from "./adapter/sqlite/rows.ts";`)],
  },
  {
    rule: "only the registry reaches into an adapter's folder",
    what: "an adapter imports another without being its extension",
    files: [file("src/adapter/postgresql/adapter.ts", `import { rows } from "../sqlite/rows.ts";`)],
  },
  {
    rule: "only the registry reaches into an adapter's folder",
    what: "the contract imports a family",
    files: [file("src/adapter/adapter.ts", `import { dialect } from "./sql/dialect.ts";`)],
  },
  {
    rule: "only the registry reaches into an adapter's folder",
    what: "a room of the contract imports a family",
    files: [file("src/adapter/planner/planner.ts", `import { dialect } from "../sql/dialect.ts";`)],
  },
  {
    rule: "compose alone names layers and the registry",
    what: "main imports a layer",
    files: [file("src/main.ts", `import { observe } from "./layer/observe.ts";`)],
  },
  {
    rule: "compose alone names layers and the registry",
    what: "a command reads the registry",
    files: [file("src/cli/check.ts", `const found = await import("../adapter/registry.ts");`)],
  },
  {
    rule: "services and layers see operations alone",
    what: "a service imports the adapter contract",
    files: [file("src/service/status.ts", `import type { Adapter } from "../adapter/adapter.ts";`)],
  },
  {
    rule: "services and layers see operations alone",
    what: "a layer imports the repository's inside",
    files: [
      file("src/repository/batch.ts", `export const batch = 1;`),
      file("src/layer/observe.ts", `export { batch } from "../repository/batch.ts";`),
    ],
  },
  {
    rule: "services and layers see operations alone",
    what: "a layer calls the repository by itself",
    files: [file("src/layer/observe.ts", `import type { Repository } from "../repository/repository.ts";`)],
  },
  {
    rule: "nothing goes past the layers",
    what: "a service runs an Execute past the layers",
    files: [
      file("src/repository/execute/transactions.ts", `export const createTransactions = 1;`),
      file("src/service/status.ts", `import { createTransactions } from "../repository/execute/transactions.ts";`),
    ],
  },
  {
    rule: "nothing goes past the layers",
    what: "the server calls a repository",
    files: [file("src/server/health.ts", `import type { Repository } from "../repository/repository.ts";`)],
  },
  {
    rule: "a backend is named at home, in the registry and in configuration",
    what: "the repository asks for a backend's name",
    files: [file("src/repository/repository.ts", `export const isQuick = (scheme: string) => scheme === "memory";`)],
  },
  {
    rule: "a backend is named at home, in the registry and in configuration",
    what: "a name inside an identifier",
    files: [file("src/service/status.ts", `export const fromSqliteCode = 1;`)],
  },
  {
    rule: "a backend is named at home, in the registry and in configuration",
    what: "a name inside a template",
    files: [file("src/service/status.ts", "export const text = (n: number) => `Postgres said ${n}`;")],
  },
  {
    rule: "a backend is named at home, in the registry and in configuration",
    what: "a family names a backend",
    files: [file("src/adapter/sql/dialect.ts", `export const dialect = "mariadb";`)],
  },
  {
    rule: "clients and src stand apart",
    what: "a client imports src",
    files: [file("clients/typescript/facade.ts", `import type { Entity } from "../../src/model/entity.ts";`)],
  },
  {
    rule: "clients and src stand apart",
    what: "src imports a client",
    files: [file("src/service/status.ts", `export { facade } from "../../clients/typescript/facade.ts";`)],
  },
  {
    rule: "a vendor client stays at home and comes late",
    what: "a vendor client is imported at start",
    files: [file("src/adapter/postgresql/adapter.ts", `import { Pool } from "pg";`)],
  },
  {
    rule: "a vendor client stays at home and comes late",
    what: "a vendor client is used elsewhere",
    files: [file("src/repository/repository.ts", `export const open = () => import("pg/lib/pool.js");`)],
  },
  {
    rule: "a vendor client stays at home and comes late",
    what: "the built-in database is used elsewhere",
    files: [file("src/adapter/adapter.ts", `import { DatabaseSync } from "node:sqlite";`)],
  },
  {
    rule: "an import names its file, with extension",
    what: "an import without extension",
    files: [file("src/model/entity.ts", `import { key } from "./key";`)],
  },
  {
    rule: "an import names its file, with extension",
    what: "a worker that does not exist",
    files: [
      file(
        "src/adapter/sqlite/adapter.ts",
        `import { workerUrl } from "../../worker-url.ts";`,
        `export const worker = workerUrl(import.meta.url, "./missing");`,
      ),
    ],
  },
  {
    rule: "a worker is reached through workerUrl",
    what: "a worker's URL written out",
    files: [file("src/adapter/sqlite/adapter.ts", `export const writer = new URL("./writer.ts", import.meta.url);`)],
  },
  {
    rule: "only the registry and derivations compute what they import",
    what: "a service imports what it is told",
    files: [file("src/service/status.ts", `export const load = (name: string) => import(name);`)],
  },
  {
    rule: "no cycles",
    what: "two types that know each other",
    files: [file("src/model/key.ts", `import type { Entity } from "./entity.ts";`, `export const key: Entity = 1;`)],
  },
  {
    rule: "no cycles",
    what: "a worker that imports who starts it",
    files: [
      file("src/adapter/sqlite/writer.ts", `import { worker } from "./adapter.ts";`, `export const again = worker;`),
    ],
  },
  {
    rule: "no export *",
    what: "a barrel",
    files: [file("src/model/entity.ts", `export * from "./key.ts";`)],
  },
  {
    rule: "main alone ends the process",
    what: "a command ends the process",
    files: [file("src/cli/serve.ts", `process.exit(1);`)],
  },
  {
    rule: "main alone ends the process",
    what: "exit taken out of node:process",
    files: [file("src/cli/serve.ts", `import { exit } from "node:process";`, `exit(1);`)],
  },
];
