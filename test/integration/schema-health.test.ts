// The schema of a store changes under a sidecar that serves: what fails on every call is not healthy, and the log says so.
import { mkdtemp, rm } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ask, part } from "./ask.ts";
import { entries, page } from "./operations/serving.ts";
import { startSidecar, testEntities, type Sidecar } from "./sidecar.ts";

const tickets = "test.v1.TicketRepository";
const accounts = "test.v1.AccountRepository";

let directory: string;
let sidecar: Sidecar;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pannier-"));
  sidecar = await startSidecar({ directory, descriptors: testEntities });
  await ask(sidecar, `${tickets}/Put`, { entity: { id: "one", holder: "somebody" } });
});
afterEach(async () => {
  await sidecar.dispose();
  await rm(directory, { recursive: true, force: true });
});

/** As another process does it. */
function elsewhere(sql: string): void {
  const other = new DatabaseSync(join(directory, "data", "pannier.db"));
  other.exec(sql);
  other.close();
}

async function statusOf(service: string): Promise<unknown> {
  return part(await ask(sidecar, "grpc.health.v1.Health/Check", { service }), "status");
}

/** Health is told within a second of a failure, and looked after every five seconds without one. */
function becomes(service: string, status: string): Promise<void> {
  return vi.waitFor(async () => expect(await statusOf(service)).toBe(status), { timeout: 60_000 });
}

function lines(): number {
  return entries(sidecar).filter(({ msg, entity }) => /does not fit/.test(String(msg)) && entity === "test.v1.Ticket")
    .length;
}

const changes = [
  ["a column is renamed", "ALTER TABLE tickets RENAME COLUMN holder TO owner", "ALTER TABLE tickets RENAME COLUMN owner TO holder"], // prettier-ignore
  ["a table is renamed", "ALTER TABLE tickets RENAME TO tickets_old", "ALTER TABLE tickets_old RENAME TO tickets"],
] as const;

describe.each(changes)("when %s", (_, change, back) => {
  test("that entity alone is not serving, readiness fails and names it, and all comes back", async () => {
    expect(await statusOf(tickets)).toBe("SERVING");
    elsewhere(change);
    expect(await sidecar.call(`${tickets}/Get`, { key: { id: "one" } })).toMatchObject({ reason: "SCHEMA_DRIFT" });
    await becomes(tickets, "NOT_SERVING");
    expect(await statusOf(accounts)).toBe("SERVING");
    expect(await statusOf("readiness")).toBe("NOT_SERVING");
    expect(await statusOf("")).toBe("SERVING");
    const ready = await page(sidecar, "/readyz");
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.text)).toMatchObject({
      checks: { "store.default": { status: "failed", reason: "SCHEMA_DRIFT", detail: "test.v1.Ticket" } },
    });
    expect(lines()).toBe(1);
    elsewhere(back);
    await becomes(tickets, "SERVING");
    expect((await page(sidecar, "/readyz")).status).toBe(200);
    expect(await ask(sidecar, `${tickets}/Get`, { key: { id: "one" } })).toMatchObject({ entity: { id: "one" } });
  });

  test("it is noticed without a call", async () => {
    elsewhere(change);
    await becomes(tickets, "NOT_SERVING");
    expect(lines()).toBe(1);
  });
});
