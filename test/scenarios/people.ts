// Scenarios about API keys, keepers and users: looked up by key and by index, listed, and ranked.
import { ok, strictEqual } from "node:assert/strict";
import type { JsonObject } from "@bufbuild/protobuf";
import { createRandom, type Random } from "../fixtures/random.ts";
import { numberOf, objectOf, textOf } from "../integration/ask.ts";
import { compareText, sameRows, sameSet, type Scenario, type Stage } from "./stage.ts";

const lookups = 200;

/** So many rows of an entity, drawn the same way each time. */
function some(stage: Stage, entity: string, count: number, random: Random = createRandom(11)): readonly JsonObject[] {
  const all = [...stage.rows(entity).values()];
  return Array.from({ length: Math.min(count, all.length) }, () => random.pick(all));
}

export const people: readonly Scenario[] = [
  {
    name: "an API key by key, then its last use is noted",
    play: async (stage) => {
      const now = "2025-11-01T00:00:01.500Z";
      for (const drawn of some(stage, "ApiKeyData", lookups)) {
        const key = textOf(drawn["key"]);
        const known = stage.rows("ApiKeyData").get(key) ?? {};
        const { entity } = await stage.ask("ApiKeyData/Get", { key: { key } });
        sameRows([objectOf(entity)], [known]);
        const changed = { ...known, lastUsed: now };
        const answer = await stage.ask("ApiKeyData/Update", { entity: { key, lastUsed: now } });
        sameRows([objectOf(answer["entity"])], [changed]);
        stage.rows("ApiKeyData").set(key, changed);
      }
    },
  },
  {
    name: "API keys by owner",
    play: async (stage) => {
      const byOwner = Map.groupBy(stage.rows("ApiKeyData").values(), ({ owner }) => textOf(owner));
      const busiest = [...byOwner].toSorted(([, a], [, b]) => b.length - a.length).slice(0, 20);
      for (const [owner, keys] of [...busiest, ["0xnobody", []] as const]) {
        const found = await stage.readAll("ApiKeyData/List", { where: { owner: { eq: owner } } });
        sameSet(found, keys, "key");
      }
    },
  },
  {
    name: "keepers that are registered and whitelisted",
    play: async (stage) => {
      const where = { registered: { eq: true }, whitelisted: { eq: true } };
      const expected = [...stage.rows("KeeperData").values()].filter(
        (row) => row["registered"] === true && row["whitelisted"] === true,
      );
      const found = await stage.readAll("KeeperData/List", { where, pageSize: 1_000 });
      sameSet(found, expected, "keeperAddress");
      strictEqual(numberOf((await stage.ask("KeeperData/Count", { where }))["count"]), expected.length);
    },
  },
  {
    name: "a keeper by operator id, by address in lower case, by name",
    play: async (stage) => {
      for (const keeper of some(stage, "KeeperData", lookups)) {
        const written = textOf(keeper["keeperAddress"]).toUpperCase().replace("0X", "0x");
        const { entity } = await stage.ask("KeeperData/Get", { key: { keeperAddress: written.toLowerCase() } });
        sameRows([objectOf(entity)], [keeper]);
        const name = textOf(keeper["keeperName"]);
        const named = [...stage.rows("KeeperData").values()].filter(({ keeperName }) => keeperName === name);
        sameSet(
          await stage.readAll("KeeperData/List", { where: { keeperName: { eq: name } } }),
          named,
          "keeperAddress",
        );
        const operator = keeper["operatorId"];
        if (typeof operator !== "string") continue;
        sameRows(await stage.readAll("KeeperData/List", { where: { operatorId: { eq: operator } } }), [keeper]);
      }
    },
  },
  {
    name: "a user by address, whose letters' case counts",
    play: async (stage) => {
      for (const user of some(stage, "UserData", lookups)) {
        const { entity } = await stage.ask("UserData/Get", { key: { userAddress: textOf(user["userAddress"]) } });
        sameRows([objectOf(entity)], [user]);
        const lower = textOf(user["userAddress"]).toLowerCase();
        const { exists = false } = await stage.ask("UserData/Exists", { key: { userAddress: lower } });
        strictEqual(exists, stage.rows("UserData").has(lower));
      }
    },
  },
  leaderboard("UserData", "user_points", "userPoints"),
  leaderboard("KeeperData", "keeper_points", "keeperPoints"),
];

/** The best hundred, and then all of them page by page. Equal points are ordered by key, downwards like the points. */
function leaderboard(entity: string, field: string, name: string): Scenario {
  return {
    name: `leaderboard of ${entity} by ${field}, most first`,
    play: async (stage) => {
      const key = stage.keyField(entity);
      const points = (row: JsonObject): bigint => BigInt(textOf(row[name]));
      const ranked = [...stage.rows(entity).values()].toSorted((a, b) =>
        points(a) === points(b) ? compareText(textOf(b[key]), textOf(a[key])) : points(a) < points(b) ? 1 : -1,
      );
      ok(textOf(ranked[0]?.[name]).length === 78, "the best have 78 digits");
      const best = await stage.ask(`${entity}/List`, { orderBy: `${field} desc`, pageSize: 100 });
      sameRows(Array.isArray(best["entities"]) ? best["entities"].map(objectOf) : [], ranked.slice(0, 100));
      sameRows(await stage.readAll(`${entity}/List`, { orderBy: `${field} desc`, pageSize: 1_000 }), ranked);
    },
  };
}
