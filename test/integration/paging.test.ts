// Paging through 10,000 rows while others are inserted and deleted: every row that was there throughout comes exactly once, in order.
import type { JsonObject } from "@bufbuild/protobuf";
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../fixtures/random.ts";
import { ask, listAll, numberOf, objectOf, objects, textOf } from "./ask.ts";
import { loadRows } from "./load.ts";
import { startSidecar, testEntities, type Sidecar } from "./sidecar.ts";

const plains = "test.v1.PlainRepository";
const accounts = "test.v1.AccountRepository";
const rows = 10_000;

let sidecar: Sidecar;
const random = createRandom(5);
/** Rows that stay, by id: few counts and few names, so that nearly all rows tie. */
const staying = new Map<string, { readonly id: string; readonly count: number; readonly name: string }>();

beforeAll(async () => {
  const environment = { PANNIER_LOG_LEVEL: "warn" };
  sidecar = await startSidecar({ descriptors: testEntities, environment });
  while (staying.size < rows) {
    const id = random.hex(10);
    staying.set(id, { id, count: random.integer(-3, 3), name: random.chance(0.3) ? "" : `name ${random.integer(1, 5)}` });
  }
  await loadRows(sidecar, "test.v1.Plain", [...staying.values()]);
}, 60_000); // prettier-ignore
afterAll(async () => {
  await sidecar.dispose();
  await rm(sidecar.directory, { recursive: true, force: true });
});

/** Inserts and deletes all over the key and index space until it is told to stop; changes values of rows that stay, too. */
function churn(): { readonly counts: { inserted: number; deleted: number }; stop(): Promise<void> } {
  const counts = { inserted: 0, deleted: 0 };
  const ids = [...staying.keys()];
  const passing: string[] = [];
  let isOver = false;
  const round = async (): Promise<void> => {
    const created = Array.from({ length: 20 }, () => `${random.hex(9)}-passing`);
    const doomed = passing.splice(0, 15);
    await ask(sidecar, `${plains}/BatchWrite`, {
      writes: [
        ...created.map((id) => ({ create: { entity: { id, count: String(random.integer(-4, 4)), name: "name 3" } } })),
        ...doomed.map((id) => ({ delete: { key: { id } } })),
        { update: { entity: { id: random.pick(ids) }, increment: { size: 1 } } },
      ],
    });
    passing.push(...created);
    counts.inserted += created.length;
    counts.deleted += doomed.length;
  };
  const work = (async () => {
    while (!isOver) await round();
    for (let some = passing.splice(0, 500); some.length > 0; some = passing.splice(0, 500))
      await ask(sidecar, `${plains}/BatchWrite`, { writes: some.map((id) => ({ delete: { key: { id } } })) });
  })();
  return {
    counts,
    stop: () => {
      isOver = true;
      return work;
    },
  };
}

type Row = typeof staying extends Map<string, infer R> ? R : never;
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byId = (a: Row, b: Row): number => byText(a.id, b.id);
const byCount = (a: Row, b: Row): number => a.count - b.count || byId(a, b);
const byName = (a: Row, b: Row): number => byText(a.name, b.name) || byId(a, b);

const walks: readonly (readonly [string, JsonObject, (a: Row, b: Row) => number, (row: Row) => boolean])[] = [
  ["in the store's order", {}, byId, () => true],
  ["by key", { orderBy: "id" }, byId, () => true],
  ["by key, backwards", { orderBy: "id desc" }, (a, b) => byId(b, a), () => true],
  ["by an index of many ties", { orderBy: "count" }, byCount, () => true],
  ["by an index of many ties, backwards", { orderBy: "count desc" }, (a, b) => byCount(b, a), () => true],
  ["by an index of empty texts", { orderBy: "name" }, byName, () => true],
  ["by an index of empty texts, backwards", { orderBy: "name desc" }, (a, b) => byName(b, a), () => true],
  ["within one value of an index", { where: { count: { eq: "2" } } }, byId, ({ count }) => count === 2],
  ["within several values, merged", { where: { count: { oneOf: ["-2", "1"] } }, orderBy: "count desc" }, (a, b) => byCount(b, a), ({ count }) => count === -2 || count === 1],
  ["within a range, with a residual filter", { where: { count: { gte: "0" }, name: { ne: "name 3" } }, orderBy: "count" }, byCount, ({ count, name }) => count >= 0 && name !== "name 3"],
]; // prettier-ignore

describe("pages of List while rows come and go", () => {
  test.each(walks)("%s", async (_how, request, order, keep) => {
    const changes = churn();
    const seen = await listAll(sidecar, `${plains}/List`, { ...request, pageSize: 97 });
    await changes.stop();
    expectWhole(seen, order, keep);
    expect(Math.min(changes.counts.inserted, changes.counts.deleted)).toBeGreaterThan(0);
  });

  test("through a restart of the server, which knows the tokens it made before", async () => {
    const seen: JsonObject[] = [];
    let token = "";
    let page = 0;
    do {
      if (++page % 4 === 0) await restart();
      const changes = churn();
      const answer = await ask(sidecar, `${plains}/List`, { orderBy: "count desc", pageSize: 800, pageToken: token });
      await changes.stop();
      seen.push(...objects(answer, "entities"));
      token = textOf(answer["nextPageToken"]);
    } while (token !== "");
    expect(page).toBeGreaterThan(12);
    expectWhole(seen, (a, b) => byCount(b, a));
  });
});

describe("frames of Scan while rows come and go", () => {
  test.each([["", byId], ["id desc", (a: Row, b: Row) => byId(b, a)], ["count desc", (a: Row, b: Row) => byCount(b, a)]] as const)(
    "in one stream, order %j", async (orderBy, order) => {
    const changes = churn();
    const { frames, end } = await sidecar.stream(`${plains}/Scan`, { orderBy, pageSize: 97 });
    await changes.stop();
    expect(end).toBeUndefined();
    expectWhole(frames.flatMap((frame) => objects(objectOf(frame), "entities")), order);
  }); // prettier-ignore

  test.each(["id", "count desc"])(
    "cut off by a restart and resumed by its token, order %j",
    async (orderBy) => {
      const seen: JsonObject[] = [];
      let resumeToken = "";
      let cuts = 0;
      for (let isOver = false; !isOver;) {
        const changes = churn();
        // Half a stream: what comes after the sixth frame is thrown away, as a client that dies would.
        const { frames, end } = await sidecar.stream(`${plains}/Scan`, { orderBy, pageSize: 300, resumeToken });
        await changes.stop();
        expect(end).toBeUndefined();
        const read = frames.map(objectOf).slice(0, 6);
        isOver = read.length === frames.length;
        seen.push(...read.flatMap((frame) => objects(frame, "entities")));
        resumeToken = textOf(read.at(-1)?.["resumeToken"]);
        cuts += 1;
        if (!isOver) await restart(cuts % 2 === 0 ? "SIGKILL" : "SIGTERM");
      }
      expect(cuts).toBeGreaterThan(5);
      expectWhole(seen, orderBy === "id" ? byId : (a, b) => byCount(b, a));
    },
    60_000,
  );
});

test("an index of mixed directions pages both ways, absent values included", async () => {
  const all = Array.from({ length: 2_000 }, (_, i) => ({ id: `a${i}`, ...(i % 7 > 0 && { status: `s${i % 3}` }) }));
  await loadRows(sidecar, "test.v1.Account", all);
  const forwards = await listAll(sidecar, `${accounts}/List`, { orderBy: "status, created_at desc", pageSize: 83 });
  const backwards = await listAll(sidecar, `${accounts}/List`, { orderBy: "status desc, created_at", pageSize: 71 });
  expect(new Set(forwards.map(({ id }) => id)).size).toBe(all.length);
  expect(backwards.map(({ id }) => id)).toEqual(forwards.map(({ id }) => id).toReversed());
  const statuses = forwards.map(({ status }) => textOf(status));
  expect(statuses).toEqual(statuses.toSorted(byText));
});

async function restart(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  const { directory, registry } = sidecar;
  sidecar.client.close();
  await sidecar.stop(signal);
  const next = await startSidecar({
    descriptors: testEntities,
    directory,
    registry,
    environment: { PANNIER_LOG_LEVEL: "warn" },
  });
  sidecar = next;
}

/** No row twice, and of those that stay every one, in order. */
function expectWhole(
  seen: readonly JsonObject[],
  order: (a: Row, b: Row) => number,
  keep: (row: Row) => boolean = () => true,
): void {
  const all = seen.map((row) => ({ id: textOf(row["id"]), count: numberOf(row["count"]), name: textOf(row["name"]) }));
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  const stayed = all.filter(({ id }) => staying.has(id));
  expect(stayed).toEqual([...staying.values()].filter(keep).toSorted(order));
}
