// Calls that are given up at any moment, and what is left on the connections of PostgreSQL: `node test/duress/aborted-calls.ts URL [calls]`, 10,000 by default.
import assert from "node:assert/strict";
import { argv, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/guard.ts";
import { createCall, type Call } from "../../src/model/call.ts";
import type { Mutation } from "../../src/model/mutation.ts";
import { createOf } from "../conformance/direct.ts";
import { testCall } from "../conformance/rows.ts";
import { entities, openAdapter } from "../conformance/stores.ts";
import { manualClock } from "../conformance/subject.ts";
import { createRandom } from "../fixtures/random.ts";

const SIDE_BY_SIDE = 16;

export interface Aborted {
  readonly calls: number;
  /** That were answered before they could be given up. */
  readonly answered: number;
  /** Connections that were looked at afterwards. */
  readonly probed: number;
}

/** @throws AssertionError where a connection has a transaction, a lock or a setting left on it, or a row is not what was asked */
export async function abortCalls(url: string, calls: number): Promise<Aborted> {
  const clock = manualClock();
  const entity = entities.find(({ name }) => name.endsWith(".Account"));
  if (!entity) throw new TypeError("test/entities has it");
  const adapter = guard(await openAdapter({ store: "main", url, dataDir: "", clock, entities: [entity] }), "main");
  const direct = new pg.Client({ connectionString: url });
  await direct.connect();
  const random = createRandom(11);
  const ordinal = entity.fields.find(({ name }) => name === "int64_count")?.ordinal ?? -1;
  const counting = (id: string): Mutation => {
    const change = { kind: "increment", ordinal, by: 1n } as const;
    return {
      kind: "update",
      entity,
      key: [id],
      now: clock.now(),
      allowMissing: false,
      generated: [],
      changes: [change],
    };
  };
  const write = (mutations: readonly Mutation[], atomic: boolean, call: Call): ReturnType<Adapter["write"]> =>
    adapter.write({ mutations, atomic, returning: true, consistency: undefined }, call);
  const kinds: readonly ((call: Call, i: number) => Promise<unknown>)[] = [
    (call) => write([counting("hot")], false, call),
    (call) => write([counting("hot"), counting("cold")], true, call),
    (call, i) => write([createOf({ clock }, entity, { id: `made ${i}` })], false, call),
    (call) => adapter.read({ keys: [{ entity, key: ["hot"] }], fields: undefined, consistency: undefined }, call),
  ];
  try {
    await write(
      [createOf({ clock }, entity, { id: "hot" }), createOf({ clock }, entity, { id: "cold" })],
      true,
      testCall(),
    );
    let answered = 0;
    let next = 0;
    const work = async (): Promise<void> => {
      for (let i = next++; i < calls; i = next++) {
        const control = createCall({ timeout: 10_000, requestId: "gone" });
        const timer = setTimeout(() => control.abort("cancelled"), random.integer(0, 40));
        const asked = kinds[i % kinds.length];
        if (
          asked &&
          (await asked(control.call, i).then(
            () => true,
            () => false,
          ))
        )
          answered += 1;
        clearTimeout(timer);
        control.finish();
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
    return {
      calls,
      answered,
      probed: await probe(adapter, direct, (call) => write([counting("hot"), counting("cold")], true, call)),
    };
  } finally {
    await adapter.close();
    await direct.end();
  }
}

const OURS = "application_name = 'pannier' AND datname = current_database()";

/** Borrows every connection at once for a transaction that must be alone on it, and looks at all of them from outside. */
async function probe(adapter: Adapter, direct: pg.Client, ask: (call: Call) => Promise<unknown>): Promise<number> {
  await Promise.all(Array.from({ length: 40 }, () => ask(testCall())));
  const { inUse = -1, most = 0 } = adapter.gauges?.().pool ?? {};
  assert.equal(inUse, 0, "every connection was given back");
  // What was given up may still be ending at the server.
  const busy = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE ${OURS} AND state <> 'idle'`;
  for (let i = 0; i < 200 && (await direct.query<{ count: number }>(busy)).rows[0]?.count !== 0; i += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const { rows } = await direct.query<{ state: string; locks: number }>(
    `SELECT state, (SELECT count(*)::int FROM pg_locks WHERE pg_locks.pid = pg_stat_activity.pid) AS locks FROM pg_stat_activity WHERE ${OURS}`,
  );
  assert.deepEqual(
    rows.filter(({ state, locks }) => state !== "idle" || locks > 0),
    [],
  );
  assert.ok(rows.length <= most, `${rows.length} connections, and ${most} are the most`);
  return rows.length;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const [url, calls = "10000"] = argv.slice(2);
  if (url === undefined) throw new Error("name the url of an empty database");
  const { answered, probed } = await abortCalls(url, Number(calls));
  stdout.write(`${calls} calls, ${answered} answered before they were given up; ${probed} connections probed clean\n`);
}
