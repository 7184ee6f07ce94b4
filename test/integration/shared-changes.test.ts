// Updates that share a statement or a transaction on database servers: with those of another sidecar, and beside a row that somebody holds.
import { afterEach, describe, expect, test } from "vitest";
import type { Adapter, WriteOutcome } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { createCall } from "../../src/model/call.ts";
import type { Mutation } from "../../src/model/mutation.ts";
import { createOf } from "../conformance/direct.ts";
import { entities, openAdapter } from "../conformance/stores.ts";
import { manualClock } from "../conformance/subject.ts";
import { testServers, type ServerSide, type TestServer } from "./server-side.ts";

const own = entities.filter(({ name }) => name.endsWith(".Account"));
const ROWS = ["0", "1", "2", "3"];
/** Additions of each adapter to each row in a round. */
const TWINS = 6;
const ROUNDS = 6;

/** Milliseconds. Nothing ends a statement that waits within the time of a test. */
const LONG = 600_000;

const clock = manualClock();
const freshCall = () => createCall({ timeout: LONG, requestId: "shared" }).call;
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function account(): (typeof own)[number] {
  const [entity] = own;
  if (!entity) throw new TypeError("test/entities has accounts");
  return entity;
}

function ordinalOf(name: string): number {
  return account().fields.findIndex((field) => field.name === name);
}

async function opened(url: string): Promise<Adapter> {
  const adapter = guard(
    await openAdapter({
      store: "main",
      url,
      dataDir: "",
      clock,
      entities: own,
      settings: { statement_timeout_ms: LONG },
    }),
    "main",
  );
  closing.push(() => adapter.close());
  return adapter;
}

/** An adapter on a new database, and another client of the same. */
async function beside(server: TestServer): Promise<{ readonly side: ServerSide; readonly adapter: Adapter }> {
  const url = await server.database();
  const side = await server.connect(new URL(url));
  closing.push(() => side.close());
  return { side, adapter: await opened(url) };
}

async function create(adapter: Adapter, ids: readonly string[]): Promise<void> {
  const mutations = ids.map((id) => createOf({ clock }, account(), { id }));
  await adapter.write({ mutations, atomic: true, returning: false, consistency: undefined }, freshCall());
}

function adding(id: string): Update {
  return updating(id, [{ kind: "increment", ordinal: ordinalOf("int64_count"), by: 1n }]);
}

type Update = Extract<Mutation, { readonly kind: "update" }>;

function updating(id: string, changes: Update["changes"]): Update {
  return {
    kind: "update",
    entity: account(),
    key: [id],
    now: clock.now(),
    changes,
    allowMissing: false,
    generated: [],
  };
}

/** With a condition no statement says it, and the row is looked at. */
function lookedAt(mutation: Update): Update {
  return { ...mutation, precondition: { condition: { kind: "const", value: true } } };
}

function taking(id: string, email: string): Update {
  return updating(id, [{ kind: "set", ordinal: ordinalOf("email"), value: email }]);
}

async function change(adapter: Adapter, mutation: Mutation): Promise<WriteOutcome | undefined> {
  const request = { mutations: [mutation], atomic: false, returning: true, consistency: undefined };
  const result = await adapter.write(request, freshCall());
  return result.kind === "reused" ? undefined : result.outcomes[0];
}

function versionsOf(outcomes: readonly (WriteOutcome | undefined)[]): readonly unknown[] {
  return outcomes.flatMap((outcome) =>
    outcome?.status === "applied" && outcome.record ? [outcome.record[ordinalOf("version")]] : [],
  );
}

describe.each(testServers)("on $name", (server) => {
  test("two sidecars that add to the same rows lose nothing, and no version is told twice", async () => {
    const url = await server.database();
    const side = await server.connect(new URL(url));
    closing.push(() => side.close());
    const adapters = [await opened(url), await opened(url)];
    for (const adapter of adapters.slice(0, 1)) await create(adapter, ROWS);
    const told = new Map<string, (WriteOutcome | undefined)[]>(ROWS.map((id) => [id, []]));
    for (let round = 0; round < ROUNDS; round += 1)
      await Promise.all(
        Array.from({ length: TWINS }, () => ROWS)
          .flat()
          .flatMap((id) => adapters.map(async (adapter) => told.get(id)?.push(await change(adapter, adding(id))))),
      );
    for (const [id, outcomes] of told) {
      const versions = versionsOf(outcomes);
      expect(outcomes).toHaveLength(ROUNDS * TWINS * adapters.length);
      expect(new Set(versions).size).toBe(versions.length);
      expect(await side.counts(id)).toEqual([String(versions.length)]);
    }
  });

  test("one row that another transaction holds keeps nobody but its own callers", async () => {
    const { side, adapter } = await beside(server);
    const ids = Array.from({ length: 20 }, (_, i) => `row ${i}`);
    await create(adapter, ids);
    await side.hold("row 7");
    const settled = new Set<string>();
    const changes = ids.map(async (id) => {
      const outcome = await change(adapter, adding(id));
      settled.add(id);
      return outcome;
    });
    const others = ids.filter((id) => id !== "row 7");
    await expect.poll(() => [...settled].toSorted()).toEqual(others.toSorted());
    await side.release();
    expect(versionsOf(await Promise.all(changes))).toEqual(ids.map(() => 2n));
  });

  test("a Create that waits for a row of another transaction keeps nobody but its own caller", async () => {
    const { side, adapter } = await beside(server);
    await create(adapter, ["held"]);
    await side.hold("held");
    const ids = Array.from({ length: 20 }, (_, i) => (i === 7 ? "held" : `new ${i}`));
    const settled = new Map<string, string>();
    const creates = ids.map(async (id) => {
      const outcome = await change(adapter, createOf({ clock }, account(), { id }));
      settled.set(id, outcome?.status ?? "");
    });
    const others = ids.filter((id) => id !== "held");
    await expect.poll(() => others.filter((id) => settled.get(id) === "applied"), { timeout: 10_000 }).toEqual(others);
    await side.release();
    await Promise.all(creates);
    expect(settled.get("held")).toBe("rejected");
  });

  test("a unique value that another transaction takes keeps nobody but its own callers", async () => {
    const { side, adapter } = await beside(server);
    await create(adapter, ROWS);
    await side.takeEmail("taken");
    const [first = "", ...others] = ROWS;
    const waiting = change(adapter, lookedAt(taking(first, "taken")));
    const served = await Promise.all(others.map((id) => change(adapter, lookedAt(adding(id)))));
    expect(versionsOf(served)).toEqual(others.map(() => 2n));
    await side.release();
    expect(versionsOf([await waiting])).toEqual([2n]);
  });

  test("where the server undoes a transaction for another, no write of it has happened", async () => {
    const { side, adapter } = await beside(server);
    await create(adapter, ROWS);
    await side.takeEmail("taken");
    const [first = "", ...others] = ROWS;
    const undone = change(adapter, lookedAt(taking(first, "taken")));
    const served = others.map((id) => change(adapter, lookedAt(adding(id))));
    await expect.poll(() => side.waiting()).toBeGreaterThan(0);
    await side.holdToo(first); // each waits for the other
    await side.release();
    await undone;
    expect(versionsOf(await Promise.all(served))).toEqual(others.map(() => 2n));
    for (const id of others) expect(await side.counts(id)).toEqual(["1"]);
  });
});
