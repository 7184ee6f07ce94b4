// A sidecar on Cassandra as people meet it: levels by entity, what the store says of itself, a table that is gone and comes back.
import { readFile } from "node:fs/promises";
import type { JsonObject } from "@bufbuild/protobuf";
import type { Client } from "cassandra-driver";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { cassandraClient, cassandraKeyspace } from "../servers/cassandra.ts";
import { ask, objects, part } from "./ask.ts";
import { startSidecar, type Sidecar } from "./sidecar.ts";

const users = "triggerx.v1.UserDataRepository";
const keys = "triggerx.v1.ApiKeyDataRepository";

let direct: Client;
let sidecar: Sidecar;

beforeAll(async () => {
  const url = await cassandraKeyspace();
  direct = cassandraClient(new URL(url));
  sidecar = await startSidecar({
    yaml: `
stores:
  default: { url: "${url}", options: { statements: true } }
entities:
  triggerx.v1.KeeperData: { read_consistency: three }
  triggerx.v1.ApiKeyData: { read_consistency: one, write_consistency: all }
`,
  });
}, 300_000);
afterAll(async () => {
  await sidecar.dispose();
  await direct.shutdown();
});

test("an entity is read and written at the levels that are configured for it, unless the call names another", async () => {
  const keepers = "triggerx.v1.KeeperDataRepository";
  await ask(sidecar, `${keepers}/Put`, { entity: { keeperAddress: "0xk" } });
  expect(await sidecar.call(`${keepers}/Get`, { key: { keeperAddress: "0xk" } })).toMatchObject({
    code: 12,
    reason: "CAPABILITY_MISSING",
    info: { capability: "consistency", field: "consistency" },
  });
  const named = { key: { keeperAddress: "0xk" }, consistency: "CONSISTENCY_QUORUM" };
  expect(await ask(sidecar, `${keepers}/Get`, named)).toMatchObject({ entity: { keeperAddress: "0xk" } });
  await ask(sidecar, `${keys}/Put`, { entity: { key: "levels", owner: "bob" } });
  expect(await ask(sidecar, `${keys}/Get`, { key: { key: "levels" } })).toMatchObject({ entity: { owner: "bob" } });
});

test("what the store does otherwise than others stands in its capabilities", async () => {
  const [store] = objects(await ask(sidecar, "pannier.v1.AdminService/ListStores", {}), "stores");
  const capabilities = objects(store ?? {}, "capabilities");
  const text = (name: string): unknown => capabilities.find((each) => each["name"] === name)?.["text"];
  expect(text("consistency")).toContain("reads are QUORUM");
  expect(capabilities.find((each) => each["name"] === "statements")).toMatchObject({ supported: true });
});

test("every line of the page for users of gocql is answered, one after the other", async () => {
  const page = await readFile(new URL("../../src/adapter/cassandra/FROM-GOCQL.md", import.meta.url), "utf8");
  const lines = [...page.matchAll(/^grpcurl -plaintext (?:-d '(?<request>.*)' )?127\.0\.0\.1:7070 (?<method>\S+)$/gmu)];
  expect(lines).toHaveLength(page.match(/^grpcurl /gmu)?.length ?? 0);
  const counts: unknown[] = [];
  const failures: unknown[] = [];
  for (const { groups: { method = "", request = "{}" } = {} } of lines) {
    const asked = JSON.parse(request) as JsonObject; // as the page has it
    if (method.endsWith("/Scan")) {
      const { end } = await sidecar.stream(method, asked);
      failures.push(...(end ? [end] : []));
      continue;
    }
    const answer = await ask(sidecar, method, asked);
    if (method.endsWith("/Count")) counts.push(answer["count"]);
    // BatchGet tells of the row that the line before it deleted.
    const codes = objects(answer, "results").map((result) => part(result, "status", "code") ?? 0);
    failures.push(...codes.filter((code) => code !== 0 && code !== 5));
  }
  expect(failures).toEqual([]);
  expect(counts[0], "the rows of ann").toBe("1");
});

describe("a table that somebody drops", { timeout: 300_000 }, () => {
  const statusOf = async (service: string): Promise<unknown> =>
    part(await ask(sidecar, "grpc.health.v1.Health/Check", { service }), "status");
  const becomes = (service: string, status: string): Promise<void> =>
    vi.waitFor(async () => expect(await statusOf(service)).toBe(status), { timeout: 60_000 });

  test("is SCHEMA_DRIFT and NOT_SERVING for its entity alone, and serves when it is there again", async () => {
    const described = await direct.execute("DESCRIBE TABLE user_data", [], { prepare: false });
    const text = String(described.rows[0]?.["create_statement"]);
    expect(await statusOf(users)).toBe("SERVING");
    await direct.execute("DROP TABLE user_data", [], { prepare: false });
    const entity: JsonObject = { userAddress: "0xu", emailId: "u@example.org" };
    expect(await sidecar.call(`${users}/Create`, { entity })).toMatchObject({ code: 9, reason: "SCHEMA_DRIFT" });
    await becomes(users, "NOT_SERVING");
    expect(await statusOf(keys)).toBe("SERVING");
    await ask(sidecar, `${keys}/Put`, { entity: { key: "meanwhile" } });
    await direct.execute(text, [], { prepare: false });
    for (const row of described.rows.slice(1).filter((each) => each["type"] === "index"))
      await direct.execute(String(row["create_statement"]), [], { prepare: false });
    await becomes(users, "SERVING");
    await ask(sidecar, `${users}/Create`, { entity });
    expect(await ask(sidecar, `${users}/Get`, { key: { userAddress: "0xu" } })).toMatchObject({ entity });
  });
});
