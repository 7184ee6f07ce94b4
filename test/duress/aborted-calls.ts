// Calls that are given up at any moment, and what is left on the connections of a database server.
//   node test/duress/aborted-calls.ts --server postgresql|mariadb|mysql|tidb [--calls 10000]
//   node test/duress/aborted-calls.ts URL [--calls 10000]
import assert from "node:assert/strict";
import { argv, stdout } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { createCall, type Call } from "../../src/model/call.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import type { Mutation } from "../../src/model/mutation.ts";
import { loadSchema } from "../../src/schema/load-schema.ts";
import { createOf } from "../conformance/direct.ts";
import { testCall } from "../conformance/rows.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock } from "../conformance/subject.ts";
import { createRandom } from "../fixtures/random.ts";
import { ownServerKinds, startOwnServer } from "../servers/own-server.ts";
import { connectionsOf, type Connections } from "./connections.ts";

const SIDE_BY_SIDE = 16;

export interface Aborted {
  readonly calls: number;
  /** That were answered before they could be given up. */
  readonly answered: number;
  /** Connections that were borrowed afterwards, and looked at from inside. */
  readonly probed: number;
}

/** @throws AssertionError where a connection has a transaction, a lock or a setting left on it, or a row is not what was asked */
export async function abortCalls(url: string, calls: number): Promise<Aborted> {
  const clock = manualClock();
  const account = entities.find(({ name }) => name.endsWith(".Account"));
  if (!account) throw new TypeError("test/entities has it");
  const connection = await connectionEntity();
  const own = [account, connection];
  const open = async (tables: "auto" | "off", opened: readonly EntityModel[]): Promise<Adapter> =>
    guard(await openAdapter({ store: "main", url, dataDir: "", clock, entities: opened, tables }), "main");
  await (await open("auto", [account])).close();
  const connections = await connectionsOf(url);
  await connections.makeView();
  const adapter = await open("off", own);
  try {
    const told = await abandon(adapter, account, calls, clock);
    await clean(adapter, connections);
    // What a connection has that nobody was ever cancelled on.
    const fresh = await open("off", own);
    const [expected = ""] = [...(await settingsBy(fresh, own)).values()];
    await fresh.close();
    const found = await settingsBy(adapter, own);
    assert.ok(expected.length > 20, "the view tells settings");
    for (const [id, settings] of found) assert.equal(settings, expected, `settings of connection ${id}`);
    return { calls, ...told, probed: found.size };
  } finally {
    await adapter.close();
    await connections.close();
  }
}

async function connectionEntity(): Promise<EntityModel> {
  const sources = [fileURLToPath(new URL("proto", import.meta.url))];
  const [loaded] = (await loadSchema({ sources })).entities;
  if (!loaded) throw new TypeError("the proto beside this file has it");
  return loaded.model;
}

async function abandon(
  adapter: Adapter,
  entity: EntityModel,
  calls: number,
  clock: ReturnType<typeof manualClock>,
): Promise<{ readonly answered: number }> {
  const random = createRandom(11);
  const ordinal = entity.fields.find(({ name }) => name === "int64_count")?.ordinal ?? -1;
  const counting = (id: string): Mutation => {
    const change = { kind: "increment", ordinal, by: 1n } as const;
    const key = [id];
    return { kind: "update", entity, key, now: clock.now(), allowMissing: false, generated: [], changes: [change] };
  };
  const write = (mutations: readonly Mutation[], atomic: boolean, call: Call): ReturnType<Adapter["write"]> =>
    adapter.write({ mutations, atomic, returning: true, consistency: undefined }, call);
  const kinds: readonly ((call: Call, i: number) => Promise<unknown>)[] = [
    (call) => write([counting("hot")], false, call),
    (call) => write([counting("hot"), counting("cold")], true, call),
    (call, i) => write([createOf({ clock }, entity, { id: `made ${i}` })], false, call),
    (call) => adapter.read({ keys: [{ entity, key: ["hot"] }], fields: undefined, consistency: undefined }, call),
  ];
  const both = [createOf({ clock }, entity, { id: "hot" }), createOf({ clock }, entity, { id: "cold" })];
  await write(both, true, testCall());
  let answered = 0;
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < calls; i = next++) {
      const control = createCall({ timeout: 10_000, requestId: "gone" });
      const timer = setTimeout(() => control.abort("cancelled"), random.integer(0, 40));
      const isAnswered = await kinds[i % kinds.length]?.(control.call, i).then(
        () => true,
        () => false,
      );
      if (isAnswered === true) answered += 1;
      clearTimeout(timer);
      control.finish();
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  await Promise.all(
    Array.from({ length: 40 }, () => write([counting("hot"), counting("cold")], true, testCall(60_000))),
  );
  return { answered };
}

/** Nothing runs, and nothing is open, as others see it. */
async function clean(adapter: Adapter, connections: Connections): Promise<void> {
  const { inUse = -1, most = 0 } = adapter.gauges?.().pool ?? {};
  assert.equal(inUse, 0, "every connection was given back");
  // What was given up may still be ending at the server.
  for (let i = 0; i < 200 && (await connections.unclean()) > 0; i += 1) await wait(10);
  assert.equal(await connections.unclean(), 0, "connections with something left on them");
  const count = await connections.count();
  assert.ok(count <= most, `${count} connections, and ${most} are the most`);
}

/** Borrows as many connections as there may be, all at once, and asks each about itself. */
async function settingsBy(adapter: Adapter, own: readonly EntityModel[]): Promise<ReadonlyMap<string, string>> {
  const rows = subjectOf("main", adapter, manualClock(), own).rows("Connection");
  const told = new Map<string, string>();
  const most = adapter.gauges?.().pool?.most ?? 1;
  const looks = Array.from({ length: 2 * most }, async () => {
    const page = await rows.list({ allowScan: true, pageSize: 10 });
    for (const { id, settings } of page.rows)
      if (typeof id === "string" && typeof settings === "string") told.set(id, settings);
  });
  await Promise.all(looks);
  assert.equal(told.size, most, "every connection was borrowed");
  return told;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { server: { type: "string" }, calls: { type: "string", default: "10000" } },
  });
  const tell = ({ calls, answered, probed }: Aborted): void =>
    void stdout.write(
      `${calls} calls, ${answered} answered before they were given up; ${probed} connections probed clean\n`,
    );
  const kind = ownServerKinds.find((each) => each === values.server);
  const [url] = positionals;
  if (url !== undefined) return tell(await abortCalls(url, Number(values.calls)));
  if (!kind) throw new Error(`name a server of ${ownServerKinds.join(", ")}, or the url of an empty database`);
  const server = await startOwnServer(kind);
  try {
    tell(await abortCalls(await server.database(), Number(values.calls)));
  } finally {
    await server.end();
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) await main();
