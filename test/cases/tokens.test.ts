// Page tokens over a change of keys: what row 48 says of keys that were retired.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { startSidecar, testEntities } from "../integration/sidecar.ts";
import type { CallEnds } from "./row.ts";
import { declare, requireEnd } from "./fact.ts";
import { expected } from "./table.ts";

const plain = "test.v1.PlainRepository";
const first = Buffer.alloc(32, 1).toString("base64");
const second = Buffer.alloc(32, 2).toString("base64");

describe("a page token from before a restart", () => {
  let directory: string;
  let token: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "pannier-"));
    const sidecar = await start([first]);
    for (const id of ["a", "b", "c"]) await sidecar.call(`${plain}/Create`, { entity: { id } });
    const page = await sidecar.call(`${plain}/List`, { pageSize: 1 });
    token = page.ok ? String(Object.entries(Object(page.json)).find(([name]) => name === "nextPageToken")?.[1]) : "";
    await sidecar.dispose();
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const start = (keys: readonly string[]) =>
    startSidecar({ directory, descriptors: testEntities, yaml: `tokens: {keys: [${keys.join(", ")}]}\n` });

  const goesOn = async (keys: readonly string[], fact: string): Promise<void> => {
    const sidecar = await start(keys);
    const outcome = await sidecar.call(`${plain}/List`, { pageToken: token, pageSize: 1 });
    requireEnd(outcome, callEnds(fact));
    if (outcome.ok) expect(outcome.json).toMatchObject({ entities: [{ id: "b" }] });
    await sidecar.dispose();
  };

  declare(48, "a page token of an older key", "sqlite", () => goesOn([second, first], "a page token of an older key"));
  declare(48, "a page token of a retired key", "sqlite", () => goesOn([second], "a page token of a retired key"));
});

function callEnds(fact: string): CallEnds {
  const found = expected(48, fact);
  if (found.kind !== "call") throw new Error(`"${fact}" is no fact about a call`);
  return found;
}
