// From a document to a service: imported by the command, served, and used as the document's programs would use it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "@bufbuild/protobuf";
import { runPannier, startSidecar, type Sidecar } from "../integration/sidecar.ts";
import { dynamodbPlace } from "../servers/dynamodb.ts";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const collection = "pannier.v1.CollectionService/Query";

interface Served {
  readonly create: (entity: string, row: JsonObject) => Promise<void>;
  readonly ask: (method: string, request: JsonObject) => Promise<unknown>;
}

interface Place {
  readonly name: string;
  /** Of the store, as its configuration has it. */
  readonly settings: () => Promise<string>;
}

const places: readonly Place[] = [
  { name: "SQLite", settings: () => Promise.resolve('url: "sqlite:imported.db"') },
  { name: "one table of DynamoDB", settings: async () => `url: "${await dynamodbPlace()}", table: imported` },
];

function serving(source: string, name: string, { settings }: Place): Served {
  let sidecar: Sidecar;
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "pannier-openapi-"));
    const out = join(directory, "proto");
    expect(await runPannier(["import", "openapi", here(source), "--out", out], { directory })).toMatchObject({
      code: 0,
    });
    sidecar = await startSidecar({ descriptors: out, yaml: `stores: {default: {${await settings()}}}\n` });
  });
  afterAll(async () => {
    await sidecar.dispose();
    await rm(directory, { recursive: true });
  });
  const ask: Served["ask"] = async (method, request) => {
    const answer = await sidecar.call(
      method.includes("/") && !method.startsWith("pannier") ? `${name}.${method}` : method,
      request,
    );
    expect(answer).toMatchObject({ ok: true });
    return answer.ok ? answer.json : undefined;
  };
  return { ask, create: async (entity, row) => void (await ask(`${entity}Repository/Create`, { entity: row })) };
}

describe.each(places)("the store on $name", (place) => {
  const { create, ask } = serving("store.yaml", "corner_store.v1", place);

  test("has a customer with their purchases in one answer, and open purchases by time", async () => {
    await create("Customer", { id: "c1", email: "a@example.com", fullName: "A", address: { city: "Ulm" } });
    for (const [number, state] of [["2", "STATE_OPEN"], ["11", "STATE_PAID"], ["9", "STATE_OPEN"]] as const)
      await create("Purchase", { customerId: "c1", number, state, placedAt: `2026-01-${number.padStart(2, "0")}T10:00:00Z`, lines: [{ sku: "s", pieces: 2 }] });
    await create("Article", { sku: "s", shelf: "left", stock: 7 });
    expect(await ask("PurchaseRepository/Get", { key: { customerId: "c1", number: "9" } })).toMatchObject({ entity: { lines: [{ pieces: 2 }] } });
    expect(await ask("ArticleRepository/List", { where: { shelf: { eq: "left" } } })).toMatchObject({ entities: [{ stock: 7 }] });
    const all = await ask(collection, { partitionKey: "CUSTOMER#c1" });
    expect(all).toMatchObject({
      items: [
        { entity: "corner_store.v1.Customer", value: { fullName: "A" } },
        { value: { number: "2" } },
        { value: { number: "9" } },
        { value: { number: "11", state: "STATE_PAID" } },
      ],
    });
    const open = { entities: ["corner_store.v1.Purchase"], index: "GSI1", partitionOf: { "@type": "type.googleapis.com/corner_store.v1.Purchase", state: "STATE_OPEN" } };
    expect(await ask(collection, { ...open, descending: true })).toMatchObject({ items: [{ value: { number: "9" } }, { value: { number: "2" } }] });
  }); // prettier-ignore
});

describe.each(places)("the job scheduler on $name", (place) => {
  const { create, ask } = serving("scheduler.yaml", "night_shift_scheduler.v1", place);

  test("has the jobs of a queue that are due, and what an owner waits for", async () => {
    await create("Queue", { name: "q", width: 3 });
    for (const [jobId, runAt, priority] of [["a", "2026-03-01T00:00:00Z", 5], ["b", "2026-03-02T00:00:00Z", -1], ["c", "2026-04-01T00:00:00Z", 5]] as const)
      await create("Job", { queue: "q", runAt, jobId, owner: "me", priority, state: "JOB_STATE_WAITING", payload: { n: 1 } });
    await create("Lease", { queue: "q", jobId: "a", worker: "w1", renewals: 1 });
    const due = await ask(collection, { partitionKey: "QUEUE#q", sortKey: { gte: "JOB#", lt: "JOB#2026-03-31" }, pageSize: 10 });
    expect(due).toMatchObject({ items: [{ value: { jobId: "a" } }, { value: { jobId: "b", payload: { n: 1 } } }] });
    const whole = await ask(collection, { partitionKey: "QUEUE#q" });
    expect(whole).toMatchObject({ items: [{}, {}, {}, { value: { worker: "w1" } }, { value: { width: 3 } }] });
    const owned = await ask(collection, { partitionKey: "OWNER#me", index: "GSI1", entities: ["night_shift_scheduler.v1.Job"] });
    expect(owned).toMatchObject({ items: [{ value: { jobId: "b" } }, { value: { jobId: "a" } }, { value: { jobId: "c" } }] });
    await ask("JobRepository/Update", { entity: { queue: "q", runAt: "2026-03-01T00:00:00Z", jobId: "a", state: "JOB_STATE_DONE" } });
    const waiting = { index: "GSI2", entities: ["night_shift_scheduler.v1.Job"], partitionOf: { "@type": "type.googleapis.com/night_shift_scheduler.v1.Job", state: "JOB_STATE_WAITING" } };
    expect(await ask(collection, waiting)).toMatchObject({ items: [{ value: { jobId: "b" } }, { value: { jobId: "c" } }] });
  }); // prettier-ignore
});

describe.each(places)("the chat on $name", (place) => {
  const { create, ask } = serving("chat.json", "chat.v1", place);

  test("has a room with members and the last messages, and what one member said anywhere", async () => {
    await create("Room", { id: "r", topic: { name: "tea" }, topicName: "tea" });
    for (const name of ["ann", "bob"]) await create("Member", { roomId: "r", name, role: "ROLE_HOST" });
    for (const seq of ["1", "2", "10"])
      await create("Message", { roomId: "r", seq, sender: seq === "2" ? "bob" : "ann", sentAt: `2026-05-0${seq.slice(0, 1)}T0${seq.length}:00:00Z`, text: `no. ${seq}`, reactions: { heart: 2 } });
    const last = await ask(collection, { partitionKey: "ROOM#r", sortKey: { startsWith: "MSG#" }, descending: true, pageSize: 2 });
    expect(last).toMatchObject({ items: [{ value: { text: "no. 10", reactions: { heart: 2 } } }, { value: { text: "no. 2" } }] });
    const room = await ask(collection, { partitionKey: "ROOM#r" });
    expect(room).toMatchObject({ items: [{ value: { name: "ann" } }, { value: { name: "bob" } }, { value: { seq: "1" } }, {}, {}, { value: { id: "r" } }] });
    const said = await ask(collection, { partitionKey: "FROM#ann", index: "GSI1", entities: ["chat.v1.Message"] });
    expect(said).toMatchObject({ items: [{ value: { seq: "1" } }, { value: { seq: "10" } }] });
    const topic = await ask(collection, { partitionKey: "TOPIC#tea", index: "GSI1" });
    expect(topic).toMatchObject({ items: [{ value: { id: "r" } }] });
  }); // prettier-ignore
});
