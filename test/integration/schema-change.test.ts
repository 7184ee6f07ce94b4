// A schema changes: what check, serve and migrate do about it, each a process of its own, and two versions that serve one store at once.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ask, part, textOf } from "./ask.ts";
import { entries, page } from "./operations/serving.ts";
import { runPannier, startSidecar, type Sidecar } from "./sidecar.ts";

const orders = "t.v1.OrderRepository";
const others = "t.v1.OtherRepository";

/** A version of the schema: the options and fields of one entity. Another stands beside it in all. */
function protos(name: string, fields: string, options = ""): string {
  const folder = join(directory, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "o.proto"),
    `syntax = "proto3";
package t.v1;
import "pannier/v1/annotations.proto";
message Order {
  option (pannier.v1.entity) = {key: {partition: "id"} ${options}};
  string id = 1;
  ${fields}
}
message Other {
  option (pannier.v1.entity) = {key: {partition: "id"}};
  string id = 1;
}
`,
  );
  return folder;
}

let directory: string;
let running: Sidecar[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pannier-"));
  running = [];
});
afterEach(async () => {
  for (const sidecar of running) await sidecar.dispose();
  await rm(directory, { recursive: true, force: true });
});

async function serve(descriptors: string): Promise<Sidecar> {
  const sidecar = await startSidecar({ directory, descriptors });
  running.push(sidecar);
  return sidecar;
}

const pannier = (...args: readonly string[]): ReturnType<typeof runPannier> =>
  runPannier([...args, "--log.level", "error"], { directory });

const file = (): string => join(directory, "data", "pannier.db");

/** Of the file alone, once nobody has it open. */
function bytes(): string {
  return createHash("sha256").update(readFileSync(file())).digest("hex");
}

function sql(text: string): readonly { readonly [name: string]: unknown }[] {
  const database = new DatabaseSync(file());
  const rows = database.prepare(text).all();
  database.close();
  return rows;
}

async function seeded(descriptors: string, ...entities: readonly { readonly [name: string]: string | number }[]): Promise<void> {
  const sidecar = await serve(descriptors);
  for (const entity of entities) await ask(sidecar, `${orders}/Create`, { entity });
  await sidecar.stop();
} // prettier-ignore

async function statusOf(sidecar: Sidecar, service: string): Promise<unknown> {
  return part(await ask(sidecar, "grpc.health.v1.Health/Check", { service }), "status");
}

describe("a change that a start does not make", () => {
  const before = "string email = 2; int64 total = 3;";
  const after = "string email = 2; int32 total = 3;";
  const unique = `indexes: {name: "by_email" fields: "email" unique: true}`;

  test("check says so of the rows, a start serves the others and says why, and neither changes a byte", async () => {
    await seeded(protos("one", before), { id: "a", email: "e", total: 3_000_000_000 }, { id: "b", email: "e", total: 1 });
    const untouched = bytes();
    const descriptors = protos("two", after, unique);
    const checked = await pannier("check", "--descriptors", descriptors);
    expect(checked.code).toBe(78);
    expect(checked.out).toContain("looked at every row: 1 row does not fit");
    expect(checked.out).toContain("looked at every row: 2 rows have values that another row has");
    expect(checked.err).toContain("pannier migrate apply --accept t.v1.Order.total");
    expect(bytes()).toBe(untouched);

    const sidecar = await serve(descriptors);
    expect([await statusOf(sidecar, orders), await statusOf(sidecar, others)]).toEqual(["NOT_SERVING", "SERVING"]);
    expect(await sidecar.call(`${orders}/Get`, { key: { id: "a" } })).toMatchObject({ reason: "SCHEMA_DRIFT" });
    const { entity } = await ask(sidecar, "pannier.v1.AdminService/DescribeEntity", { entity: "t.v1.Order" });
    const digest = textOf(part(entity, "contract", "digest"));
    expect(part(entity, "contract", "drift", 0)).toContain("total: int64 → int32");
    expect(digest).toMatch(/^[0-9a-f]{64}$/u);
    expect(part(entity, "contract", "storeDigest")).not.toBe(digest);
    const metrics = (await page(sidecar, "/metrics")).text;
    expect(metrics).toContain(`pannier_contract_info{entity="t.v1.Order",store="default",digest="${digest.slice(0, 16)}"} 1`);
    expect(metrics).toMatch(/pannier_contract_drift\{entity="t\.v1\.Order",store="default"\} [1-9]/u);
    const told = JSON.stringify(entries(sidecar).find(({ msg }) => msg === "contracts"));
    expect(told).toContain(digest.slice(0, 12));
    expect(JSON.stringify(entries(sidecar).find(({ msg }) => /does not fit/u.test(String(msg))))).toContain("total: int64 → int32");
    await sidecar.stop();
    expect(bytes()).toBe(untouched);
  });

  test("migrate plans it in words and as JSON, refuses, undoes, and does it when asked for by name and every row fits", async () => {
    await seeded(protos("one", before), { id: "a", email: "e", total: 3_000_000_000 }, { id: "b", email: "f", total: 1 });
    const descriptors = protos("two", after, unique);
    const planned = await pannier("migrate", "plan", "--json", "--descriptors", descriptors);
    const [line = ""] = planned.out.split("\n");
    expect(JSON.parse(line)).toMatchObject({
      entity: "t.v1.Order",
      rows: 2,
      revision: 1,
      class: "destructive",
      steps: [
        { subject: "email", to: "at most 255", by: "none" },
        { subject: "total", from: "int64", to: "int32", by: "accept", accept: "t.v1.Order.total", misfits: 1 },
        { subject: "index by_email", class: "convertible", misfits: 0 },
      ],
    });
    const untouched = bytes();
    const unasked = await pannier("migrate", "apply", "--descriptors", descriptors);
    expect([unasked.code, unasked.err]).toEqual([78, expect.stringContaining("--accept t.v1.Order.total")]);
    const undone = await pannier("migrate", "apply", "--accept", "t.v1.Order.total", "--descriptors", descriptors);
    expect([undone.code, undone.err]).toEqual([78, expect.stringContaining("a value of total does not fit")]);
    expect(sql("SELECT id, total FROM orders ORDER BY id")).toEqual([{ id: "a", total: 3_000_000_000 }, { id: "b", total: 1 }]);
    expect(untouched).toHaveLength(64);
    sql("UPDATE orders SET total = 30 WHERE id = 'a'");
    const done = await pannier("migrate", "apply", "--accept", "t.v1.Order.total", "--descriptors", descriptors);
    expect([done.code, done.out]).toEqual([0, expect.stringMatching(/t\.v1\.Order \(store default\): done, 2 rows in /u)]);
    expect((await pannier("migrate", "plan", "--descriptors", descriptors)).out).toBe("stores.default: nothing to do\n");
    const sidecar = await serve(descriptors);
    expect(await ask(sidecar, `${orders}/Get`, { key: { id: "a" } })).toMatchObject({ entity: { email: "e", total: 30 } });
    expect(await sidecar.call(`${orders}/Create`, { entity: { id: "c", email: "e" } })).toMatchObject({ reason: "UNIQUE_VIOLATION" });
  });

  test("an entity and a field that are gone are kept and told, and dropped by name", async () => {
    await seeded(protos("one", before), { id: "a", email: "e", total: 1 });
    const descriptors = protos("two", "int64 total = 3;");
    writeFileSync(join(descriptors, "o.proto"), readFileSync(join(descriptors, "o.proto"), "utf8").replace("message Other", "message Third"));
    const started = await serve(descriptors);
    expect(await ask(started, `${orders}/Get`, { key: { id: "a" } })).toMatchObject({ entity: { total: "1" } });
    await started.stop();
    const { out, code } = await pannier("migrate", "plan", "--descriptors", descriptors);
    expect([code, out]).toEqual([0, expect.stringContaining("--accept t.v1.Other)")]);
    expect(out).toContain("1 row has a value");
    expect((await pannier("migrate", "apply", "--accept", "t.v1.Order", "--descriptors", descriptors)).code).toBe(64);
    const dropped = await pannier("migrate", "apply", "--accept", "t.v1.Order.email,t.v1.Other", "--accept", "t.v1.Never", "--descriptors", descriptors);
    expect([dropped.code, dropped.out]).toEqual([0, expect.stringContaining("t.v1.Never (store default): the store holds nothing of it")]);
    expect(sql("SELECT name FROM pragma_table_info('orders')")).toEqual([{ name: "id" }, { name: "total" }]);
    expect(sql("SELECT name FROM sqlite_schema WHERE name = 'others' OR name LIKE '_pannier_old%'")).toEqual([]);
    expect((await pannier("migrate", "plan", "--descriptors", descriptors)).out).toBe("stores.default: nothing to do\n");
  });

  test("apply that is asked to stop says how far it came, and the same command goes on from there", async () => {
    await seeded(protos("one", before), { id: "a", email: "e", total: 1 });
    sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000) INSERT INTO orders (id, email, total) SELECT 'k' || i, 'e' || i, i FROM n RETURNING id");
    const descriptors = protos("two", after);
    const launcher = fileURLToPath(new URL("../../src/pannier.js", import.meta.url));
    const args = ["migrate", "apply", "--accept", "t.v1.Order.total", "--descriptors", descriptors];
    const child = spawn(process.execPath, [launcher, ...args], { cwd: directory, env: { PATH: process.env["PATH"] }, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (text) => (said += String(text)));
    const ended = once(child, "exit");
    const copied = (): number => {
      const [row] = sql("SELECT json_extract(state, '$.copied') AS n FROM _pannier_conversions");
      return Number(row?.["n"] ?? 0);
    };
    await vi.waitFor(() => expect(copied()).toBeGreaterThan(1_000), { timeout: 60_000, interval: 5 });
    child.kill("SIGTERM");
    expect((await ended)[0]).toBe(75);
    expect(said).toMatch(/interrupted at \d+ of 150001 rows; the same command goes on from there/u);
    const reached = copied();
    expect(reached).toBeGreaterThan(1_000);
    expect((await pannier("migrate", "plan", "--descriptors", descriptors)).out).toContain(`an interrupted conversion is resumed: ${reached} of 150001 rows are copied`);
    const done = await pannier(...args);
    expect([done.code, done.out]).toEqual([0, expect.stringContaining("done, 150001 rows")]);
    expect(sql("SELECT count(*) AS n, sum(total__2) AS total FROM orders")).toEqual([{ n: 150_001, total: 1 + (150_000 * 150_001) / 2 }]);
  });
}); // prettier-ignore

describe("check --against", () => {
  test("plans from a directory, a descriptor set or a git revision, without a store", async () => {
    const now = protos("proto", "string note = 2; int64 total = 3;");
    const git = (...args: readonly string[]): number | null =>
      spawnSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { cwd: directory }).status;
    expect([git("init", "-q"), git("add", "."), git("commit", "-qm", "one")]).toEqual([0, 0, 0]);
    const same = await pannier("check", "--descriptors", now, "--against", "HEAD");
    expect([same.code, same.out]).toEqual([0, "nothing differs from HEAD\n"]);
    const earlier = protos("earlier", "string note = 2; int64 total = 3;");
    protos("proto", "string remark = 2; int32 total = 3;");
    for (const against of ["HEAD", earlier]) {
      const { code, out, err } = await pannier("check", "--descriptors", now, "--against", against);
      expect([code, err]).toEqual([78, expect.stringContaining("t.v1.Order: total: int64 → int32")]);
      expect(out).toContain("remark: note → remark [additive]");
    }
    protos("proto", "string remark = 2; int64 total = 3; string more = 4;");
    const json = await pannier("check", "--descriptors", now, "--against", "HEAD", "--json");
    expect(json.code).toBe(0);
    const [first = ""] = json.out.split("\n");
    expect(JSON.parse(first)).toMatchObject({ entity: "t.v1.Order", against: "HEAD", class: "additive" });
    for (const [against, says] of [
      ["no-such-branch", "no such revision"],
      ["--upload-pack=x", "no such revision"],
      [join(now, "o.proto"), "a single .proto file was given"],
    ]) {
      const { code, err } = await pannier("check", "--descriptors", now, `--against=${against}`);
      expect([code, err]).toEqual([78, expect.stringContaining(String(says))]);
    }
    const bare = join(directory, "bin");
    mkdirSync(bare);
    symlinkSync("/bin/sh", join(bare, "sh"));
    const noGit = await runPannier(["check", "--descriptors", now, "--against", "HEAD"], { directory, environment: { PATH: bare } });
    expect([noGit.code, noGit.err]).toEqual([78, expect.stringContaining("needs git, which is not installed here")]);
    expect((await pannier("check", "--json", "--descriptors", now)).code).toBe(64);
    expect(spawnSync("git", ["status", "--short", "--untracked-files=no"], { cwd: directory, encoding: "utf8" }).stdout).toBe(" M proto/o.proto\n");
  });

  test.each(["kv:x", "postgres://u@h/d", "cockroachdb://u@h/d", "mariadb://u@h/d", "mysql://u@h/d", "tidb://u@h/d"])("knows what %s does not do by itself", async (url) => {
    const [earlier, now] = [protos("earlier", "int32 total = 3;"), protos("now", "int64 total = 3;")];
    const { code, out, err } = await runPannier(["check", "--descriptors", now, "--against", earlier, "--stores.default.url", url], { directory });
    expect([code, err]).toEqual([78, expect.stringContaining("t.v1.Order: total: int32 → int64: every value is written in its new form")]);
    expect(out).not.toContain("remembers no contracts");
  });
}); // prettier-ignore

describe("two versions that serve one store at once", () => {
  test("each finds what it knows under its number, and leaves alone what it does not know", async () => {
    const older = await serve(protos("one", "string note = 2; int32 total = 3;"));
    await ask(older, `${orders}/Create`, { entity: { id: "a", note: "first", total: 1 } });
    await ask(older, `${orders}/Create`, { entity: { id: "b", note: "first", total: 1 } });
    const newer = await serve(protos("two", "string remark = 2; int64 total = 3; optional string extra = 4;"));
    const get = async (sidecar: Sidecar, id: string): Promise<unknown> =>
      part(await ask(sidecar, `${orders}/Get`, { key: { id } }), "entity");

    expect(await get(newer, "a")).toEqual({ id: "a", remark: "first", total: "1" });
    await ask(newer, `${orders}/Update`, { entity: { id: "a", extra: "kept" }, updateMask: "extra" });
    await ask(newer, `${orders}/Update`, { entity: { id: "b", extra: "kept" }, updateMask: "extra" });
    await ask(older, `${orders}/Update`, { entity: { id: "a", note: "second" }, updateMask: "note" });
    expect(await get(newer, "a")).toEqual({ id: "a", remark: "second", total: "1", extra: "kept" });
    await ask(older, `${orders}/Put`, { entity: { id: "a", note: "put" } });
    expect(await get(newer, "a")).toEqual({ id: "a", remark: "put", extra: "kept" });
    await ask(newer, `${orders}/Update`, { entity: { id: "a" }, updateMask: "extra" });
    expect(await get(newer, "a")).toEqual({ id: "a", remark: "put" });

    // A value that the older has no room for fails its own row alone.
    await ask(newer, `${orders}/Update`, { entity: { id: "a", total: "3000000000" }, updateMask: "total" });
    expect(await older.call(`${orders}/Get`, { key: { id: "a" } })).toMatchObject({ reason: "SCHEMA_DRIFT" });
    expect(await get(older, "b")).toEqual({ id: "b", note: "first", total: 1 });

    // A write with a request_id, asked again of the other version: never done twice, and its answer never read as another type.
    await ask(older, `${orders}/Delete`, { key: { id: "b" }, requestId: "one" });
    expect(await newer.call(`${orders}/Delete`, { key: { id: "b" }, requestId: "one" })).toMatchObject({ reason: "SCHEMA_DRIFT" });
    expect(await older.call(`${orders}/Delete`, { key: { id: "b" }, requestId: "one" })).toMatchObject({ ok: true });

    // Back and forth again: one column for each number.
    await newer.stop();
    const back = await serve(join(directory, "one"));
    await ask(back, `${orders}/Create`, { entity: { id: "c", note: "back", total: 7 } });
    await back.stop();
    const again = await serve(join(directory, "two"));
    expect(await get(again, "c")).toEqual({ id: "c", remark: "back", total: "7" });
    expect(sql("SELECT name FROM pragma_table_info('orders')").map(({ name }) => name)).toEqual(["id", "note", "total", "extra"]);
  });

  test("an older one whose column got another form says why, that entity alone, and comes back with it", async () => {
    const older = await serve(protos("one", "string note = 2; int64 total = 3;"));
    await ask(older, `${orders}/Create`, { entity: { id: "a", note: "x", total: 1 } });
    const descriptors = protos("two", "string note = 2; uint64 total = 3;");
    const apply = (to: string): ReturnType<typeof runPannier> => pannier("migrate", "apply", "--accept", "t.v1.Order.total", "--descriptors", to);
    expect((await apply(descriptors)).code).toBe(0);
    expect(await older.call(`${orders}/Get`, { key: { id: "a" } })).toMatchObject({ reason: "SCHEMA_DRIFT" });
    expect(await older.call(`${orders}/Create`, { entity: { id: "b", note: "y" } })).toMatchObject({ reason: "SCHEMA_DRIFT" });
    await vi.waitFor(async () => expect(await statusOf(older, orders)).toBe("NOT_SERVING"), { timeout: 60_000 });
    expect(await statusOf(older, others)).toBe("SERVING");
    const { entity } = await ask(older, "pannier.v1.AdminService/DescribeEntity", { entity: "t.v1.Order" });
    expect(part(entity, "contract", "drift", 0)).toContain("total: uint64 → int64");
    expect((await apply(join(directory, "one"))).code).toBe(0);
    await vi.waitFor(async () => expect(await statusOf(older, orders)).toBe("SERVING"), { timeout: 60_000 });
    expect(await ask(older, `${orders}/Get`, { key: { id: "a" } })).toMatchObject({ entity: { note: "x", total: "1" } });
  });
}); // prettier-ignore
