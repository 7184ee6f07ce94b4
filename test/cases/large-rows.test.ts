// Rows that would become too large, on every store, and rows that another process has made too large to be answered. Row 68.
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { startSidecar, testEntities, type Outcome, type Sidecar } from "../integration/sidecar.ts";
import { CANARY, declare, factsOf, requireEnd } from "./fact.ts";
import { serve, STORES, unharmed } from "./sidecars.ts";
import { expected } from "./table.ts";

const accounts = "test.v1.AccountRepository";
const everything = "test.v1.EverythingRepository";
const execute = "pannier.v1.TransactionService/Execute";

/** Two of them are more than a row may have, and fit into no request. */
const LONG = CANARY.repeat(60_000);

const packed = (request: string, message: JsonObject): JsonObject => ({
  "@type": `type.googleapis.com/test.v1.${request}`,
  ...message,
});

describe.each(Object.keys(STORES))("on %s", (store) => {
  const place = serve(store);
  const fact = factsOf(place);
  const given = (id: string) => (sidecar: Sidecar) =>
    sidecar.call(`${accounts}/Put`, { entity: { id, name: LONG, notes: ["short"] } });
  const grow = (id: string): JsonObject => ({ entity: { id, notes: [LONG] } });

  fact(68, "a row that append would make too large", {
    given: given("append"),
    when: (sidecar) =>
      Promise.all([
        sidecar.call(`${accounts}/Update`, { entity: { id: "append" }, append: { notes: [LONG] } }),
        sidecar.call(`${accounts}/Update`, { entity: { id: "append" }, append: { limits: { [LONG]: "1" } } }),
      ]),
  });
  fact(68, "a row that one field after the other would make too large", {
    given: given("fields"),
    when: (sidecar) => sidecar.call(`${accounts}/Update`, grow("fields")),
  });
  fact(68, "a Put that keeps what is large and immutable", {
    given: (sidecar) => sidecar.call(`${everything}/Put`, { entity: { id: "kept", origin: LONG } }),
    when: (sidecar) => sidecar.call(`${everything}/Put`, { entity: { id: "kept", stringChoice: LONG } }),
  });
  fact(68, "writes of an atomic batch and an Execute that make a row too large", {
    given: given("together"),
    when: async (sidecar) => {
      const beside = { id: "beside", name: CANARY };
      const outcomes = [
        await sidecar.call(`${accounts}/BatchWrite`, {
          writes: [{ create: { entity: beside } }, { update: grow("together") }],
          atomic: true,
        }),
        await sidecar.call(execute, {
          operations: [
            packed("AccountRepositoryCreateRequest", { entity: beside, readMask: "id" }),
            packed("AccountRepositoryUpdateRequest", { ...grow("together"), readMask: "id" }),
          ],
        }),
      ];
      for (const outcome of outcomes) expect(outcome).toMatchObject({ info: { index: "1", key_fields: "id" } });
      return outcomes;
    },
  });
  fact(68, "a write of a batch that makes a row too large, alone", {
    given: given("alone"),
    when: async (sidecar) => {
      const writes = [{ update: grow("alone") }, { create: { entity: { id: `good-${store}` } } }];
      const outcome = await sidecar.call(`${accounts}/BatchWrite`, { writes });
      expect(outcome).toMatchObject({
        json: { results: [{ status: { code: 8 } }, { entity: { id: `good-${store}` } }] },
      });
      return outcome;
    },
  });
  fact(68, "a large row that shrinks", {
    given: given("shrinks"),
    when: async (sidecar) => {
      const shrunk = await sidecar.call(`${accounts}/Update`, { entity: { id: "shrinks", name: "n", notes: [LONG] } });
      expect(shrunk).toMatchObject({ json: { entity: { name: "n", notes: [LONG], version: "2" } } });
      return shrunk;
    },
  });

  unharmed(place);
});

describe("on sqlite, with rows that another process has written", () => {
  /** Of a row that a client with the usual limit of 4 MiB can take, and of one that it cannot. */
  const FITS = 4 * 1024 * 1024 - 70_000;
  const HUGE = 5_000_000;
  let sidecar: Sidecar;
  beforeAll(async () => {
    sidecar = await startSidecar({ descriptors: testEntities, yaml: "stores: {default: {url: 'sqlite:rows.db'}}\n" });
    for (const id of ["a", "b", "c", "fits"])
      await sidecar.call(`${accounts}/Create`, { entity: { id, name: "n", int64Count: "1" } });
    const other = new DatabaseSync(join(sidecar.directory, "data", "rows.db"));
    const write = other.prepare("UPDATE accounts SET name = ? WHERE id = ?");
    write.run("x".repeat(HUGE), "b");
    write.run("x".repeat(FITS), "fits");
    other.close();
  });
  afterAll(() => sidecar.dispose());

  const key = { id: "b" };
  const readMask = "int64Count";
  /** Version and all but the name, as they were before what is refused. */
  const untouched = async (): Promise<void> => {
    const answer = await sidecar.call(`${accounts}/Get`, { key, readMask });
    expect(answer).toMatchObject({ json: { entity: { ...key, int64Count: "1", version: "1" } } });
  };

  declare(68, "a row that no answer holds, by its key", "sqlite", async () => {
    const beside = { json: { entity: { id: "a", name: "n" } } };
    const [refused, ...others] = await Promise.all([
      sidecar.call(`${accounts}/Get`, { key }),
      ...["a", "a", "a"].map((id) => sidecar.call(`${accounts}/Get`, { key: { id } })),
    ]);
    requireFact("a row that no answer holds, by its key", refused);
    expect(refused).toMatchObject({ info: { entity: "test.v1.Account", key_fields: "id" } });
    expect(refused).toMatchObject({ message: expect.stringMatching(/key is id\).*read_mask/) });
    for (const other of others) expect(other).toMatchObject(beside);
    await untouched();
  });

  declare(68, "a row that no answer holds, among keys", "sqlite", async () => {
    const keys = [{ id: "a" }, key, { id: "c" }];
    const outcome = await sidecar.call(`${accounts}/BatchGet`, { keys });
    requireFact("a row that no answer holds, among keys", outcome);
    const results = [{ entity: keys[0] }, { status: { code: 8, reason: "ROW_TOO_LARGE" } }, { entity: keys[2] }];
    expect(outcome).toMatchObject({ json: { results } });
  });

  declare(68, "a row that no answer holds, on a page", "sqlite", async () => {
    const first = await sidecar.call(`${accounts}/List`, { orderBy: "id" });
    expect(idsIn(first)).toEqual(["a"]);
    const next = { orderBy: "id", pageToken: textOf(first, "nextPageToken") };
    requireFact("a row that no answer holds, on a page", await sidecar.call(`${accounts}/List`, next));
    expect(idsIn(await sidecar.call(`${accounts}/List`, { ...next, readMask }))).toEqual(["b", "c", "fits"]);
    const over = await sidecar.call(`${accounts}/List`, { ...next, readMask, pageSize: 1 });
    const after = { orderBy: "id", pageToken: textOf(over, "nextPageToken") };
    expect(idsIn(await sidecar.call(`${accounts}/List`, after))).toEqual(["c"]);
  });

  declare(68, "a row that no answer holds, in a stream", "sqlite", async () => {
    const [met, beside] = await Promise.all([
      sidecar.stream(`${accounts}/Scan`, { orderBy: "id" }),
      sidecar.stream(`${accounts}/Scan`, { orderBy: "id", readMask }),
    ]);
    requireFact("a row that no answer holds, in a stream", met.end);
    expect(met.frames.flatMap(idsOf)).toEqual(["a"]);
    expect(beside.end).toBeUndefined();
    expect(beside.frames.flatMap(idsOf)).toEqual(["a", "b", "c", "fits"]);
    const resumeToken = memberOf(met.frames.at(-1), "resumeToken") ?? "";
    const rest = await sidecar.stream(`${accounts}/Scan`, { orderBy: "id", readMask, resumeToken });
    expect(rest.frames.flatMap(idsOf)).toEqual(["b", "c", "fits"]);
  });

  declare(68, "a write whose answer would hold such a row", "sqlite", async () => {
    const outcomes = [
      await sidecar.call(`${accounts}/Update`, { entity: { ...key, int64Count: "2" } }),
      await sidecar.call(`${accounts}/Update`, { entity: key, increment: { int64Count: "1" }, requestId: "row 68" }),
      await sidecar.call(`${accounts}/Delete`, { key }),
      await sidecar.call(`${accounts}/Delete`, { key, permanent: true }),
    ];
    for (const outcome of outcomes) requireFact("a write whose answer would hold such a row", outcome);
    await untouched();
  });

  declare(68, "such a row written, as far as a read_mask shows it or a batch trims it", "sqlite", async () => {
    const increment = { int64Count: "1" };
    const masked = await sidecar.call(`${accounts}/Update`, { entity: key, increment, readMask });
    expect(masked).toMatchObject({ json: { entity: { int64Count: "2", version: "2" } } });
    const trimmed = await sidecar.call(`${accounts}/BatchWrite`, { writes: [{ update: { entity: key, increment } }] });
    expect(trimmed).toMatchObject({ json: { results: [{ entity: key, trimmed: true }] } });
    const got = await sidecar.call(execute, { operations: [packed("AccountRepositoryGetRequest", { key })] });
    const shrunk = await sidecar.call(`${accounts}/Update`, { entity: { ...key, name: "n" } });
    expect(shrunk).toMatchObject({ json: { entity: { name: "n", int64Count: "3", version: "4" } } });
    for (const outcome of [masked, trimmed, got, shrunk])
      requireFact("such a row written, as far as a read_mask shows it or a batch trims it", outcome);
  });

  declare(68, "the largest row that an answer holds", "sqlite", async () => {
    const got = await sidecar.call(`${accounts}/Get`, { key: { id: "fits" } });
    const listed = await sidecar.call(`${accounts}/List`, { where: { id: { eq: "fits" } } });
    const scanned = await sidecar.stream(`${accounts}/Scan`, { where: { id: { eq: "fits" } } });
    const updated = await sidecar.call(`${accounts}/Update`, { entity: { id: "fits", int64Count: "2" } });
    for (const outcome of [got, listed, updated]) requireFact("the largest row that an answer holds", outcome);
    expect(idsIn(listed)).toEqual(["fits"]);
    expect([scanned.end, scanned.frames.flatMap(idsOf)]).toEqual([undefined, ["fits"]]);
  });

  unharmed({ name: "sqlite", sidecar: () => sidecar });
});

function requireFact(name: string, outcome: Outcome | undefined): void {
  const found = expected(68, name);
  if (found.kind !== "call" || !outcome) throw new Error(`"${name}" did not end as a call`);
  requireEnd(outcome, found);
}

function memberOf(json: JsonValue | undefined, name: string): JsonValue | undefined {
  return typeof json === "object" && json !== null && !Array.isArray(json) ? json[name] : undefined;
}

function textOf(outcome: Outcome, name: string): string {
  const found = outcome.ok ? memberOf(outcome.json, name) : undefined;
  if (typeof found !== "string" || found === "") throw new Error(`the answer has no ${name}`);
  return found;
}

function idsOf(json: JsonValue): readonly JsonValue[] {
  const entities = memberOf(json, "entities");
  return Array.isArray(entities) ? entities.map((entity) => memberOf(entity, "id") ?? "") : [];
}

function idsIn(outcome: Outcome): readonly JsonValue[] {
  return outcome.ok ? idsOf(outcome.json) : [];
}
