// The served process, as a user starts it: what it answers, how it refuses, and how it ends.
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { runtimeFaults } from "../../src/cli/runtime-faults.ts";
import { grpcurl } from "../servers/grpcurl.ts";
import { runPannier, startSidecar, type Sidecar } from "./sidecar.ts";

const run = promisify(execFile);
const products = "shop.v1.ProductRepository";

describe("a sidecar with the example entities", () => {
  let sidecar: Sidecar;
  beforeAll(async () => {
    sidecar = await startSidecar();
  });
  afterAll(() => sidecar.dispose());

  test("creates, gets, and says ROW_NOT_FOUND with entity, store and operation", async () => {
    expect(await sidecar.call(`${products}/Create`, { entity: { id: "p1", category: "tea", stock: 3 } })).toMatchObject({ ok: true, json: { entity: { id: "p1", version: "1" } } });
    expect(await sidecar.call(`${products}/Get`, { key: { id: "p1" } })).toMatchObject({ ok: true, json: { entity: { stock: 3 } } });
    const fresh = { key: { id: "p1" }, consistency: "CONSISTENCY_STRONG" };
    const old = { ...fresh, consistency: "CONSISTENCY_EVENTUAL" };
    for (const request of [fresh, old]) expect(await sidecar.call(`${products}/Get`, request)).toMatchObject({ ok: true });
    expect(await sidecar.call(`${products}/Get`, { key: { id: "p0" } })).toMatchObject({
      ok: false, code: 5, reason: "ROW_NOT_FOUND", info: { entity: "shop.v1.Product", store: "default", operation: "Get" },
    });
  }); // prettier-ignore

  test("names the field of bad input", async () => {
    expect(await sidecar.call(`${products}/Create`, { entity: { id: "p2", price: "1.234" } })).toMatchObject({
      code: 3,
      reason: "DECIMAL_INVALID",
      fields: ["entity.price"],
    });
  });

  test("echoes the request id, in answers and in refusals", async () => {
    const metadata = { "x-request-id": "abc-1" };
    const fine = await sidecar.call(`${products}/Exists`, { key: { id: "p1" } }, { metadata });
    expect(fine.ok && fine.headers?.get("x-request-id")).toEqual(["abc-1"]);
    const refused = await sidecar.call(`${products}/Get`, { key: { id: "p0" } }, { metadata });
    expect(!refused.ok && refused.trailers.get("x-request-id")).toEqual(["abc-1"]);
  });

  test("executes over several entities, all or nothing", async () => {
    const create = (type: string, id: string) => ({
      "@type": `type.googleapis.com/shop.v1.${type}RepositoryCreateRequest`,
      entity: { id },
    });
    const path = "pannier.v1.TransactionService/Execute";
    expect(await sidecar.call(path, { operations: [create("Product", "t1"), create("Product", "t1")] })).toMatchObject({
      code: 6,
      reason: "KEY_EXISTS",
      info: { index: "1" },
    });
    expect(await sidecar.call(`${products}/Exists`, { key: { id: "t1" } })).toMatchObject({ json: {} });
    expect(await sidecar.call(path, { operations: [create("Product", "t1"), create("Payment", "t1")] })).toMatchObject({
      ok: true,
      json: { results: [{ entity: { id: "t1" } }, { entity: { id: "t1" } }] },
    });
    expect(await sidecar.call("pannier.v1.TransactionService/Commit", {})).toMatchObject({
      code: 12,
      reason: "CAPABILITY_MISSING",
    });
  });

  test("refuses a call that names a transaction, and writes nothing", async () => {
    const metadata = { "pannier-transaction-id": "t-1" };
    const refused = { code: 12, reason: "CAPABILITY_MISSING", info: { capability: "begin" } };
    expect(await sidecar.call(`${products}/Create`, { entity: { id: "alone" } }, { metadata })).toMatchObject(refused);
    expect(await sidecar.call(`${products}/Exists`, { key: { id: "alone" } })).toMatchObject({ json: {} });
    expect((await sidecar.stream(`${products}/Scan`, {}, { metadata })).end).toMatchObject(refused);
    const path = "pannier.v1.TransactionService/Execute";
    expect(await sidecar.call(path, { operations: [] }, { metadata })).toMatchObject(refused);
  });

  test("describes indexes by the names that they have in the file", async () => {
    const database = new DatabaseSync(join(sidecar.directory, "data", "pannier.db"), { readOnly: true });
    const found = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'orders'").all();
    database.close();
    const names = found.map(({ name }) => name).filter((name) => !String(name).startsWith("sqlite_"));
    const described = await sidecar.call("pannier.v1.AdminService/DescribeEntity", { entity: "shop.v1.Order" });
    expect(names).toHaveLength(4);
    for (const physical of names)
      expect(described).toMatchObject({ json: { entity: { indexes: expect.arrayContaining([expect.objectContaining({ physical })]) } } }); // prettier-ignore
  });

  test("describes entities and stores", async () => {
    expect(await sidecar.call("pannier.v1.AdminService/DescribeEntity", { entity: "shop.v1.Product" })).toMatchObject({
      ok: true, json: { entity: { store: "default", scheme: "sqlite", softDelete: true, defaultOrderBy: "created_at desc", key: [{ name: "id" }] } },
    });
    expect(await sidecar.call("pannier.v1.AdminService/DescribeEntity", { entity: "shop.v1.None" })).toMatchObject({ code: 5, reason: "ENTITY_UNKNOWN" });
    const stores = await sidecar.call("pannier.v1.AdminService/ListStores", {});
    expect(stores).toMatchObject({ json: { stores: [{ name: "default", serving: true }] } });
    const levels = expect.objectContaining({ name: "isolation", supported: true, values: ["serializable"] });
    expect(stores).toMatchObject({ json: { stores: [{ capabilities: expect.arrayContaining([levels]) }] } });
  }); // prettier-ignore

  test("tells its health by name, and NOT_FOUND for a name it does not know", async () => {
    const status = (service: string) => sidecar.call("grpc.health.v1.Health/Check", { service });
    const shared = ["pannier.v1.AdminService", "pannier.v1.TransactionService"];
    for (const name of ["", "liveness", "readiness", "store.default", products, ...shared])
      expect(await status(name)).toMatchObject({ json: { status: "SERVING" } });
    expect(await status("nothing")).toMatchObject({ code: 5, reason: "SERVICE_UNKNOWN" });
    const watch = await sidecar.stream("grpc.health.v1.Health/Watch", { service: "nothing" }, { frames: 1 });
    expect(watch).toMatchObject({ frames: [{ status: "SERVICE_UNKNOWN" }], end: { code: 1 } });
  });

  test("serves grpcurl without files: list, describe with options, calls, error details", async () => {
    const tool = await grpcurl();
    const ask = async (...args: string[]): Promise<string> => (await run(tool, ["-plaintext", ...args])).stdout;
    expect(await ask(sidecar.address, "list")).toContain(products);
    expect(await ask(sidecar.address, "describe", "shop.v1.Product")).toContain("pannier.v1.entity");
    expect(await ask(sidecar.address, "describe", products)).toContain("rpc Create");
    const failed = await ask("-d", '{"key":{"id":"p0"}}', sidecar.address, `${products}/Get`).catch(
      (error: { stderr: string }) => error.stderr,
    );
    expect(failed).toContain('"reason": "ROW_NOT_FOUND"');
  });

  test("prints lines that work as printed", async () => {
    const tool = await grpcurl();
    const lines = sidecar.printed.filter((line) => line.startsWith("  grpcurl "));
    expect(lines).toHaveLength(5);
    const answers: string[] = [];
    for (const line of lines) answers.push((await run("sh", ["-c", line.replace("grpcurl", tool)])).stdout);
    expect(answers[4]).toContain('"stock": 2');
  });
});

describe("starting", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "pannier-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const refused: readonly (readonly [string, string, string])[] = [
    ["an unknown key", "lisen: 127.0.0.1:1", "lisen: is no setting"],
    ["an unknown key below", "stores: {default: {ulr: 'memory:'}}", "stores.default.ulr: is no setting"],
    ["a wrong type", "limits: {page_size: many}", "limits.page_size: must be a whole number"],
    ["a duplicate key", "listen: 127.0.0.1:1\nlisten: 127.0.0.1:2", "unique"],
    [
      "an alias bomb",
      [
        "a: &a [x,x,x,x,x,x,x,x,x]",
        ..."bcdefgh".split("").map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefg"[i]}`).join(",")}]`),
      ].join("\n"),
      "aliases",
    ],
    ["a byte order mark", "\uFEFFlisten: 127.0.0.1:1", "byte order mark"],
    ["an address that others can reach", "listen: 0.0.0.0:7070", "needs TLS and authentication"],
    ["a long socket path", `listen: unix:/tmp/${"x".repeat(110)}`, "107"],
    ["a short token key", "tokens: {keys: [c2hvcnQ=]}", "tokens.keys[0]: must be 32 bytes"],
    ["a backend that is not built", "stores: {default: {url: 'mongodb://localhost/x'}}", "mongodb is not built yet"],
    ["a backend nobody knows", "stores: {default: {url: 'nosuchstore:x'}}", "nothing opens nosuchstore"],
    ["an entity nobody knows", "entities: {shop.v1.None: {store: default}}", "is no entity"],
    ["an entity on a store nobody knows", "entities: {shop.v1.Order: {store: other}}", 'the store "other"'],
    ["an empty password file", "stores: {default: {url: 'memory:', password_file: empty}}", "empty"],
  ];
  test.each(refused)("refuses %s with one line and 78", async (_what, yaml, reason) => {
    await writeFile(join(directory, "pannier.yaml"), yaml);
    await writeFile(join(directory, "empty"), "");
    const ended = await runPannier(["serve", "--listen", "127.0.0.1:0"].slice(0, yaml.startsWith("listen") ? 1 : 3), {
      directory,
    });
    expect([ended.code, ended.out]).toEqual([78, ""]);
    expect(ended.err).toContain(reason);
    expect(ended.err.trimEnd().split("\n")).toHaveLength(1);
  });

  test("reports all findings at once", async () => {
    await writeFile(join(directory, "pannier.yaml"), "a: 1\nb: 2\nlimits: {page_size: 0}");
    const { err } = await runPannier(["serve", "--nothing", "x"], {
      directory,
      environment: { PANNIER_LOG_LEVEL: "loud", PANNIER_SERVICE_HOST: "10.0.0.1" },
    });
    for (const key of ["a:", "b:", "limits.page_size:", "--nothing:", "log.level:"])
      expect(err).toContain(`pannier: ${key}`);
  });

  test("what backends refuse stands in the same report, by file and key", async () => {
    const file = join(directory, "pannier.yaml");
    const yaml = [
      "limits: {page_size: 0}",
      "stores:",
      "  default: {url: 'sqlite:one.db', options: {busy: 1}}",
      "  second: {url: 'sqlite:./x/../one.db'}",
      "  third: {url: 'sqlite:50%.db', table: t}",
      "  fourth: {url: 'kv:a#b', options: {group: 0}}",
      "  fifth: {url: 'mongodb://app:hunter2@localhost/x'}",
    ];
    await writeFile(file, yaml.join("\n"));
    const { code, err } = await runPannier(["check"], { directory });
    expect(code).toBe(78);
    expect(err).not.toContain("hunter2");
    expect(err.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/limits\.page_size: must lie between/u),
      expect.stringMatching(
        /stores\.default\.options\.busy: is no setting of this store, which has busy_timeout_ms, /u,
      ),
      expect.stringMatching(/stores\.third\.table: is no setting of this store/u),
      expect.stringMatching(/stores\.third\.url: holds # or %, .*write %23 and %25/u),
      expect.stringMatching(/stores\.fourth\.options\.group: must be a whole number above 0/u),
      expect.stringMatching(/stores\.fourth\.url: holds # or %/u),
      expect.stringMatching(/stores\.fifth\.url: .*mongodb is not built yet/u),
    ]);
    await writeFile(
      file,
      yaml
        .slice(1, 2)
        .concat(["  default: {url: 'sqlite:one.db'}", yaml[3] ?? ""])
        .join("\n"),
    );
    expect((await runPannier(["serve"], { directory })).err).toBe(
      `pannier: stores.second.url: names the database that stores.default has already; give second another, or route its entities to default (${file})\n`,
    );
  });

  test("refuses a port in use", async () => {
    await rm(join(directory, "pannier.yaml"), { force: true });
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const address = taken.address();
    const listen = `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const ended = await runPannier(["serve", "--listen", listen, "--stores.default.url", "memory:"], { directory });
    taken.close();
    expect([ended.code, ended.err.includes(`${listen} is in use`)]).toEqual([78, true]);
  });

  test("checks without serving", async () => {
    const ended = await runPannier(["check", "--stores.default.url=memory:"], { directory });
    expect([ended.code, ended.out]).toEqual([
      0,
      expect.stringMatching(/\d+ entit(y|ies) on 1 store: everything fits/u),
    ]);
    for (const fault of runtimeFaults()) expect(ended.out).toContain(fault);
  });

  test("serves although a store is corrupt, and says so", async () => {
    const own = join(directory, "corrupt");
    await mkdir(join(own, "data"), { recursive: true });
    await writeFile(
      join(own, "data", "pannier.db"),
      "this is no database, and is long enough to be taken for one".repeat(100),
    );
    const yaml =
      "stores: {default: {url: 'sqlite:pannier.db'}, other: {url: 'memory:'}}\nentities: {shop.v1.Product: {store: other}}\n";
    const sidecar = await startSidecar({ directory: own, yaml });
    const status = (service: string) => sidecar.call("grpc.health.v1.Health/Check", { service });
    expect(await status("store.default")).toMatchObject({ json: { status: "NOT_SERVING" } });
    expect(await status("readiness")).toMatchObject({ json: { status: "NOT_SERVING" } });
    expect(await status("shop.v1.OrderRepository")).toMatchObject({ json: { status: "NOT_SERVING" } });
    expect(await status(products)).toMatchObject({ json: { status: "SERVING" } });
    expect(await sidecar.call("shop.v1.OrderRepository/Get", { key: { id: "x" } })).toMatchObject({
      ok: false,
      info: { store: "default" },
    });
    expect(await sidecar.call(`${products}/Create`, { entity: { id: "x" } })).toMatchObject({ ok: true });
    await sidecar.dispose();
  });
});

test("an entity with an api_name is served under it, printed with it, and told by its own name", async () => {
  const descriptors = await mkdtemp(join(tmpdir(), "pannier-parcel-"));
  onTestFinished(() => rm(descriptors, { recursive: true }));
  await copyFile(
    new URL("../golden/example/parcel/v1/parcel.proto", import.meta.url),
    join(descriptors, "parcel.proto"),
  );
  const sidecar = await startSidecar({ descriptors });
  onTestFinished(() => sidecar.dispose());
  const service = "example.parcel.v1.ShipmentRepository";
  const type = (message: string): string => `type.googleapis.com/${service}${message}`;
  expect(await sidecar.call(`${service}/Create`, { entity: { id: "a" } })).toMatchObject({ ok: true });
  const operations = [{ "@type": type("GetRequest"), key: { id: "a" } }];
  expect(await sidecar.call("pannier.v1.TransactionService/Execute", { operations })).toMatchObject({
    json: { results: [{ "@type": type("GetResponse"), entity: { id: "a" } }] },
  });
  expect(await sidecar.call(`${service}/Get`, { key: { id: "b" } })).toMatchObject({
    info: { entity: "example.parcel.v1.Parcel" },
  });
  const described = await sidecar.call("pannier.v1.AdminService/DescribeEntity", {
    entity: "example.parcel.v1.Parcel",
  });
  expect(described).toMatchObject({ json: { entity: { service } } });
});

describe("stopping", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s ends with 0, watchers are told first, and the data stays",
    async (signal) => {
      const sidecar = await startSidecar();
      await sidecar.call(`${products}/Create`, { entity: { id: "kept" } });
      const watched = sidecar.stream("grpc.health.v1.Health/Watch", { service: "" });
      await sidecar.call("grpc.health.v1.Health/Check", {});
      expect(await sidecar.stop(signal)).toBe(0);
      const { frames, end } = await watched;
      expect([frames, end]).toEqual([[{ status: "SERVING" }, { status: "NOT_SERVING" }], undefined]);
      const again = await startSidecar({ directory: sidecar.directory });
      expect(await again.call(`${products}/Get`, { key: { id: "kept" } })).toMatchObject({ ok: true });
      expect((await stat(join(sidecar.directory, "data", "token.key"))).mode & 0o777).toBe(0o600);
      await readFile(join(sidecar.directory, "data", "token.key"));
      await again.dispose();
      await sidecar.dispose();
      await rm(sidecar.directory, { recursive: true, force: true });
    },
  );
});
