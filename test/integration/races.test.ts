// Writes that meet: one of two guarded ones wins, increments add up, and a repeated request_id applies once.
import type { JsonObject } from "@bufbuild/protobuf";
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mariadbDatabase } from "../servers/mariadb.ts";
import { postgresqlDatabase } from "../servers/postgresql.ts";
import { ask, numberOf, part, textOf } from "./ask.ts";
import { startSidecar, type Outcome, type Sidecar } from "./sidecar.ts";

/** Milliseconds for a thousand rounds, on a machine where every core has work. */
const LIMIT = 600_000;

const products = "shop.v1.ProductRepository";
const users = "triggerx.v1.UserDataRepository";

describe.each([
  { store: "sqlite", urlOf: async () => "sqlite:pannier.db" },
  { store: "kv", urlOf: async () => "kv:rows" },
  { store: "PostgreSQL", urlOf: postgresqlDatabase },
  { store: "MariaDB", urlOf: mariadbDatabase },
])("on $store", ({ urlOf }) => {
  let environment = {};
  let sidecar: Sidecar;
  beforeAll(async () => {
    environment = { PANNIER_STORES_DEFAULT_URL: await urlOf() };
    sidecar = await startSidecar({ environment });
  });
  afterAll(async () => {
    await sidecar.dispose();
    await rm(sidecar.directory, { recursive: true, force: true });
  });

  describe("two guarded updates", () => {
    test(
      "race 1,000 times on a condition, and exactly one wins each time",
      async () => {
        await ask(sidecar, `${products}/Create`, { entity: { id: "raced", stock: 0 } });
        const wins = [0, 0];
        for (let round = 0; round < 1_000; round += 1) {
          const attempt = (racer: number): Promise<Outcome> =>
            sidecar.call(`${products}/Update`, {
              entity: { id: "raced", stock: round + 1, name: `racer ${racer}` },
              condition: { stock: { eq: round } },
            });
          // Who is sent first takes turns, so that both win.
          const first = round % 2;
          const sent = [attempt(first), attempt(1 - first)];
          const outcomes = await Promise.all(sent);
          const winners = outcomes.flatMap(({ ok }, i) => (ok ? [i === 0 ? first : 1 - first] : []));
          expect(winners, `round ${round}`).toHaveLength(1);
          expect(outcomes.find(({ ok }) => !ok)).toMatchObject({ code: 9, reason: "CONDITION_FAILED" });
          const [winner = 0] = winners;
          wins[winner] = (wins[winner] ?? 0) + 1;
        }
        const row = await ask(sidecar, `${products}/Get`, { key: { id: "raced" } });
        expect(row).toMatchObject({ entity: { stock: 1_000, version: "1001" } });
        expect(Math.min(...wins)).toBeGreaterThan(0);
      },
      LIMIT,
    );

    test("race on a version, 64 at a time, and exactly one wins each time", async () => {
      await ask(sidecar, `${products}/Create`, { entity: { id: "versioned" } });
      for (let version = 1; version <= 25; version += 1) {
        const outcomes = await Promise.all(
          Array.from({ length: 64 }, (_, racer) =>
            sidecar.call(`${products}/Update`, { entity: { id: "versioned", stock: racer }, expectedVersion: version }),
          ),
        );
        expect(outcomes.map(statusOf).toSorted()).toEqual(["0 OK", ...Array<string>(63).fill("10 VERSION_MISMATCH")]);
      }
    });
  });

  describe("increments", () => {
    test.each([1, 2, 3, 4, 5])("64 at once sum exactly (%i)", async (time) => {
      const address = `0xcounter${time}`;
      await ask(sidecar, `${users}/Create`, { entity: { userAddress: address, totalJobs: "9007199254740993" } });
      const amounts = Array.from({ length: 64 }, (_, i) => i * time - 17);
      const answers = await Promise.all(
        amounts.map((amount) =>
          ask(sidecar, `${users}/Update`, {
            entity: { userAddress: address },
            increment: { totalJobs: String(amount), userPoints: "1".repeat(70) },
          }),
        ),
      );
      const sum = amounts.reduce((total, amount) => total + BigInt(amount), 9_007_199_254_740_993n);
      expect(await ask(sidecar, `${users}/Get`, { key: { userAddress: address } })).toMatchObject({
        entity: { totalJobs: String(sum), userPoints: String(64n * BigInt("1".repeat(70))) },
      });
      // Each answer is the row after one of the steps: no two saw the same.
      expect(new Set(answers.map((answer) => part(answer, "entity", "userPoints"))).size).toBe(64);
    });
  });

  describe("a repeated request_id", () => {
    const remembered: readonly (readonly [name: string, method: string, request: (id: string) => JsonObject])[] = [
    ["Create", `${products}/Create`, (id) => ({ entity: { id, stock: 1, metadata: { b: 1, a: [2] } } })],
    ["Create with a generated key", `${products}/Create`, (id) => ({ entity: { name: id, stock: 1 } })],
    ["Update with increment", `${products}/Update`, (id) => ({ entity: { id }, increment: { stock: 5 }, allowMissing: true })],
    ["Put", `${products}/Put`, (id) => ({ entity: { id, price: "1.50", stock: 2 } })],
    ["Delete", `${products}/Delete`, () => ({ key: { id: "to delete" } })],
    ["an atomic BatchWrite", `${products}/BatchWrite`, (id) => ({
      atomic: true,
      writes: [{ create: { entity: { id: `${id}/a` } } }, { update: { entity: { id }, increment: { stock: 3 }, allowMissing: true } }],
    })],
    ["Execute", "pannier.v1.TransactionService/Execute", (id) => ({
      operations: [
        { "@type": "type.googleapis.com/shop.v1.ProductRepositoryUpdateRequest", entity: { id }, increment: { stock: 7 }, allowMissing: true },
        { "@type": "type.googleapis.com/shop.v1.ProductRepositoryExistsRequest", key: { id: "none" } },
      ],
    })],
  ]; // prettier-ignore

    test("applies once and gets the first answer byte for byte, also when the row has changed and after a restart", async () => {
    await ask(sidecar, `${products}/Create`, { entity: { id: "to delete", stock: 4 } });
    const sent = remembered.map(([name, method, request], i) => ({ name, method, request: { ...request(`repeated ${i}`), requestId: randomUUID() } }));
    const first = new Map<string, Buffer>();
    for (const { name, method, request } of sent) first.set(name, await bytesOf(sidecar, method, request));
    const stocks = await stocksOf();
    expect(stocks.map(({ stock }) => stock)).toEqual([1, 5, 2, 3, 0, 7]);

    for (const { name, method, request } of sent)
      expect(await bytesOf(sidecar, method, request), name).toEqual(first.get(name));
    expect(await stocksOf()).toEqual(stocks);

    for (const { id } of stocks)
      await ask(sidecar, `${products}/Update`, { entity: { id, name: "changed since" }, increment: { stock: 100 } });
    await ask(sidecar, `${products}/Undelete`, { key: { id: "to delete" } });
    const changed = await stocksOf();
    for (const { name, method, request } of sent)
      expect(await bytesOf(sidecar, method, request), name).toEqual(first.get(name));

    const { directory } = sidecar;
    expect(await sidecar.stop()).toBe(0);
    sidecar = await startSidecar({ directory, environment });
    for (const { name, method, request } of sent)
      expect(await bytesOf(sidecar, method, request), name).toEqual(first.get(name));
    expect(await stocksOf()).toEqual(changed);

    const [{ method, request } = { method: "", request: {} }] = sent;
    expect(await sidecar.call(method, { ...request, entity: { id: "another", stock: 1 } })).toMatchObject({ code: 3, reason: "REQUEST_ID_REUSED" });
  }); // prettier-ignore

    test("sent many times at once applies once", async () => {
      await ask(sidecar, `${products}/Create`, { entity: { id: "at once", stock: 0 } });
      for (let round = 0; round < 20; round += 1) {
        const request = { entity: { id: "at once" }, increment: { stock: 1 }, requestId: `at once ${round}` };
        const outcomes = await Promise.all(
          Array.from({ length: 16 }, () => sidecar.call(`${products}/Update`, request)),
        );
        const fine = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.bytes.toString("hex")] : []));
        expect(fine.length).toBeGreaterThan(0);
        expect(new Set(fine).size).toBe(1);
        const others = outcomes.filter(({ ok }) => !ok).map(statusOf);
        expect(new Set([...others, "10 REQUEST_IN_PROGRESS"])).toEqual(new Set(["10 REQUEST_IN_PROGRESS"]));
      }
      expect(await ask(sidecar, `${products}/Get`, { key: { id: "at once" } })).toMatchObject({
        entity: { stock: 20 },
      });
    });

    async function stocksOf(): Promise<readonly { readonly id: string; readonly stock: number }[]> {
      const { frames } = await sidecar.stream(`${products}/Scan`, { where: { id: { startsWith: "repeated" } } });
      return frames.flatMap((frame) => {
        const rows = part(frame, "entities");
        return (Array.isArray(rows) ? rows : []).map((row) => ({
          id: textOf(part(row, "id")),
          stock: numberOf(part(row, "stock")),
        }));
      });
    }
  });
});

function statusOf(outcome: Outcome): string {
  return outcome.ok ? "0 OK" : `${outcome.code} ${outcome.reason}`;
}

async function bytesOf(from: Sidecar, method: string, request: JsonObject): Promise<Buffer> {
  const outcome = await from.call(method, request);
  if (!outcome.ok) throw new Error(`${method}: ${outcome.reason} ${outcome.message}`);
  return outcome.bytes;
}
