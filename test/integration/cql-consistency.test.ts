// Levels of consistency on a real node: what the keyspace can give is given, by store, entity and call; what it cannot is refused, never lowered.
import type { Client } from "cassandra-driver";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { withEntityLevels, type EntityLevels } from "../../src/adapter/decorators/entity-levels.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { CONSISTENCIES, type Consistency } from "../../src/model/query.ts";
import { unmetDemands } from "../../src/repository/demands.ts";
import { createOf } from "../conformance/direct.ts";
import { refusal } from "../conformance/refusal.ts";
import { testCall } from "../conformance/rows.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock } from "../conformance/subject.ts";
import { cassandraClient, cassandraKeyspace } from "../servers/cassandra.ts";

const account: EntityModel = entities.find(({ name }) => name === "test.v1.Account")!;

let url: URL;
let direct: Client;
const opened: Adapter[] = [];

beforeAll(async () => {
  url = new URL(await cassandraKeyspace());
  direct = cassandraClient(url);
  await (await open({})).put("a");
}, 300_000);
afterAll(async () => {
  for (const adapter of opened) await adapter.close();
  await direct.shutdown();
});

interface Wanted {
  readonly levels?: EntityLevels;
  readonly parameters?: { readonly [name: string]: string };
  readonly tables?: "auto" | "check";
}

interface Side {
  readonly adapter: Adapter;
  readonly read: (consistency?: Consistency) => Promise<string>;
  readonly put: (id: string, consistency?: Consistency) => Promise<string>;
}

async function open({ levels = {}, parameters = {}, tables = "auto" }: Wanted): Promise<Side> {
  const place = new URL(url);
  for (const [name, value] of Object.entries(parameters)) place.searchParams.set(name, value);
  const clock = manualClock();
  const options = { store: "main", url: place.href, dataDir: "", clock, entities: [account], tables };
  const adapter = guard(withEntityLevels(await openAdapter(options), new Map([[account, levels]])), "main");
  opened.push(adapter);
  const subject = subjectOf("main", adapter, clock, [account]);
  return {
    adapter,
    read: async (consistency) => {
      const request = { keys: [{ entity: account, key: ["a"] }], fields: undefined, consistency };
      return (await adapter.read(request, testCall()))[0]?.status ?? "nothing";
    },
    put: async (id, consistency) => {
      const mutations = [createOf(subject, account, { id })];
      const request = { mutations, atomic: false, returning: false, consistency };
      const result = await adapter.write(request, testCall());
      return result.kind === "fresh" ? (result.outcomes[0]?.status ?? "nothing") : result.kind;
    },
  };
}

async function replicate(options: string): Promise<void> {
  const keyspace = url.pathname.slice(1);
  await direct.execute(`ALTER KEYSPACE ${keyspace} WITH replication = ${options}`, [], { prepare: false });
}

/** The database takes a bare number for new data centres alone. */
async function replicateByCentre(replicas: number): Promise<void> {
  const { rows } = await direct.execute("SELECT data_center FROM system.local");
  await replicate(`{'class': 'NetworkTopologyStrategy', '${String(rows[0]?.["data_center"])}': ${replicas}}`);
}

describe("a keyspace whose rows have one replica", { timeout: 120_000 }, () => {
  test("gives every level that asks for no more, to reads and to writes", async () => {
    await replicateByCentre(1);
    const { read, put } = await open({});
    const given = CONSISTENCIES.filter((level) => level !== "two" && level !== "three");
    for (const level of given) expect([level, await put(`given-${level}`, level)]).toEqual([level, "applied"]);
    for (const level of given.filter((each) => each !== "any"))
      expect([level, await read(level)]).toEqual([level, "found"]);
  });

  test("refuses a level of more replicas before anything is sent, and ANY for reads", async () => {
    const { read, put } = await open({});
    for (const level of ["two", "three"] as const) {
      const refused = await refusal("CAPABILITY_MISSING", read(level));
      expect(refused).toMatchObject({
        code: "UNIMPLEMENTED",
        detail: { field: "consistency", metadata: { capability: "consistency" } },
      });
      expect(refused.message).toContain("has 1");
      await refusal("CAPABILITY_MISSING", put(`refused-${level}`, level));
    }
    await refusal("CAPABILITY_MISSING", read("any"));
    const { rows } = await direct.execute("SELECT id FROM accounts WHERE id IN ('refused-two', 'refused-three')");
    expect(rows).toEqual([]);
  });

  test("refuses a level of the store that it cannot give, unless a call asks for another", async () => {
    const { read } = await open({ parameters: { read_consistency: "three" } });
    await refusal("CAPABILITY_MISSING", read());
    expect(await read("one")).toBe("found");
  });

  test("that is not replicated by data centre refuses EACH_QUORUM", async () => {
    await replicate("{'class': 'SimpleStrategy', 'replication_factor': 1}");
    const { read, put } = await open({});
    const refused = await refusal("CAPABILITY_MISSING", put("b", "each_quorum"));
    expect(refused.message).toContain("NetworkTopologyStrategy");
    await refusal("CAPABILITY_MISSING", read("each_quorum"));
    await replicateByCentre(1);
  });
});

// One node that has every row, of three that should: what one replica can answer is answered, and a majority is not there.
describe("a keyspace of which one replica in three is alive", { timeout: 120_000 }, () => {
  beforeAll(() => replicateByCentre(3));
  afterAll(() => replicateByCentre(1));

  test("answers ONE and LOCAL_ONE; what needs more is UNAVAILABLE, not lowered", async () => {
    const { read } = await open({ tables: "check" });
    for (const level of ["one", "local_one", "eventual"] as const)
      expect([level, await read(level)]).toEqual([level, "found"]);
    for (const level of CONSISTENCIES.filter((each) => !["one", "local_one", "eventual", "any"].includes(each))) {
      const refused = await refusal("STORE_UNAVAILABLE", read(level));
      expect([level, refused.code]).toEqual([level, "UNAVAILABLE"]);
    }
    await refusal("STORE_UNAVAILABLE", read());
  });

  test("decides no write, whatever the call says of its commit, and changes nothing", async () => {
    const { put } = await open({ tables: "check" });
    for (const level of ["any", "one", "quorum", "serial", "local_serial"] as const)
      await refusal("STORE_UNAVAILABLE", put(`lost-${level}`, level));
    const { rows } = await direct.execute("SELECT id FROM accounts", [], { consistency: 1 });
    expect(rows.filter((row) => String(row["id"]).startsWith("lost"))).toEqual([]);
  });

  test("is read at the level that the entity has, and at the call's where that names one", async () => {
    const { read } = await open({ levels: { read: "one" }, tables: "check" });
    expect(await read()).toBe("found");
    await refusal("STORE_UNAVAILABLE", read("quorum"));
  });
});

test("an entity whose level the store does not have is not carried", async () => {
  const adapter = await openAdapter({ store: "memory", url: "memory:", dataDir: "", clock: manualClock() });
  expect(unmetDemands(account, adapter, { read: "two" })).toEqual([
    { capability: "consistency", text: expect.stringContaining("read_consistency is configured as two") },
  ]);
  expect(unmetDemands(account, adapter, { read: "strong" })).toEqual([]);
  await adapter.close();
});
