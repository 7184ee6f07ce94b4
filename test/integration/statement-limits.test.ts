// How long a server works on statements of calls: the deadline reaches it, and holds where nobody is there any more to ask for the statement's end.
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import type { OpenAdapter } from "../../src/adapter/opening.ts";
import { createCall, type Call } from "../../src/model/call.ts";
import type { Mutation } from "../../src/model/mutation.ts";
import { createOf } from "../conformance/direct.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock } from "../conformance/subject.ts";
import { say } from "../servers/mariadb.ts";
import { testServers } from "./server-side.ts";
import { startSidecar, testEntities } from "./sidecar.ts";

const own = entities.filter(({ name }) => name.endsWith(".Account"));

/** Milliseconds. Nothing but the deadline ends a statement within the time of a test. */
const CEILING = 600_000;

/** By server: what a trigger writes down of each row that comes in, in milliseconds. TiDB has no triggers. */
const SEEN: { readonly [server: string]: readonly string[] } = {
  PostgreSQL: ["SELECT extract(epoch FROM current_setting('statement_timeout')::interval) * 1000"],
  MariaDB: ["SELECT @@session.max_statement_time * 1000"],
  MySQL: [
    "SELECT @@session.max_execution_time",
    "SELECT @@session.innodb_lock_wait_timeout * 1000",
    "SELECT @@session.lock_wait_timeout * 1000",
  ],
};

async function directly(url: URL, text: string): Promise<readonly (readonly unknown[])[]> {
  if (!url.protocol.startsWith("postgres")) return say(url, text);
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text, rowMode: "array" })).rows;
  } finally {
    await client.end();
  }
}

async function writeDown(url: URL, asked: string): Promise<void> {
  const isPostgres = url.protocol === "postgres:";
  const place = isPostgres ? "serial" : "int AUTO_INCREMENT PRIMARY KEY";
  await directly(url, `CREATE TABLE seen (place ${place}, milliseconds double precision)`);
  const note = `INSERT INTO seen (milliseconds) ${asked}`;
  if (!isPostgres)
    return void (await directly(url, `CREATE TRIGGER note BEFORE INSERT ON accounts FOR EACH ROW ${note}`));
  await directly(
    url,
    `CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${note}; RETURN NEW; END $$`,
  );
  await directly(url, "CREATE TRIGGER note BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION note()");
}

/** A call, and what ends it. @param lefts milliseconds that it has left, each time it is asked; the last from then on */
function callThatHas(...lefts: readonly [number, ...number[]]): readonly [call: Call, over: () => void] {
  const control = createCall({ timeout: Infinity, requestId: "limited" });
  const asked = lefts.values();
  let left = lefts[0];
  const told: Call = {
    get deadline() {
      left = asked.next().value ?? left;
      return performance.now() + left;
    },
    aborted: false,
    signal: control.call.signal,
    onAbort: (listener) => control.call.onAbort(listener),
    requestId: control.call.requestId,
  };
  return [told, () => control.finish()];
}

const opened: Adapter[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((adapter) => adapter.close()));
});

const withTriggers = testServers.flatMap((server) => (SEEN[server.name] ?? []).map((asked) => ({ ...server, asked })));

test.each(withTriggers)("$name is told what each call has left, and of a batch each item: $asked", async (server) => {
  const url = new URL(await server.database());
  const plant =
    (open: OpenAdapter): OpenAdapter =>
    (options) =>
      open({ ...options, settings: { "pool.max": 1, statement_timeout_ms: CEILING } });
  const clock = manualClock();
  const adapter = await openAdapter({ store: "main", url: url.href, dataDir: "", clock, entities: own }, plant);
  opened.push(adapter);
  const subject = subjectOf("main", adapter, clock, own);
  const { entity } = subject.rows("Account");
  await writeDown(url, server.asked);
  for (const [i, timeout] of [64_000, 16_000, 64_000, Infinity, 16_000].entries()) {
    const control = createCall({ timeout, requestId: "limited" });
    const mutations = [createOf(subject, entity, { id: `row ${i}` })];
    await adapter.write({ mutations, atomic: i === 2, returning: false, consistency: undefined }, control.call);
    control.finish();
  }
  const key = ["row 5"];
  const batch: readonly Mutation[] = [
    createOf(subject, entity, { id: key[0] }),
    { kind: "delete", entity, key, now: clock.now(), soft: false, allowMissing: false },
    createOf(subject, entity, { id: "row 6" }),
  ];
  const [call, over] = callThatHas(64_000, 64_000, 16_000);
  await adapter.write({ mutations: batch, atomic: false, returning: false, consistency: undefined }, call);
  over();
  const rows = await directly(url, "SELECT milliseconds FROM seen ORDER BY place");
  const seen = rows.map(([milliseconds]) => Number(milliseconds));
  const between = (least: number, most: number): unknown =>
    expect.toSatisfy((value: number) => value > least && value <= most, `above ${least}, ${most} at most`);
  expect(seen).toEqual([
    between(0, 64_000),
    between(0, 16_000),
    between(16_000, 64_000),
    CEILING,
    between(0, 16_000),
    between(16_000, 64_000),
    between(0, 16_000),
  ]);
});

describe.each(testServers)("$name", (server) => {
  test("a statement ends soon after its deadline although its sidecar was killed", async () => {
    const url = new URL(await server.database());
    const direct = await server.connect(url);
    const yaml = `stores: {default: {url: '${url.href}', options: {statement_timeout_ms: ${CEILING}}}}\n`;
    const sidecar = await startSidecar({ descriptors: testEntities, yaml });
    try {
      const entity = { id: "held" };
      const timeout = 10_000; // it is waiting, and killed, long before
      expect(await sidecar.call("test.v1.AccountRepository/Create", { entity }, { timeout })).toMatchObject({
        ok: true,
      });
      await direct.hold("held");
      const update = sidecar.call(
        "test.v1.AccountRepository/Update",
        { entity: { ...entity, name: "new" } },
        { timeout },
      );
      await expect.poll(() => direct.waiting(), { timeout: 60_000 }).toBe(1);
      sidecar.process.kill("SIGKILL");
      await update;
      await expect.poll(() => direct.waiting(), { timeout: 60_000 }).toBe(0);
      await direct.release();
    } finally {
      await sidecar.dispose();
      await direct.close();
    }
  }, 180_000);
});
