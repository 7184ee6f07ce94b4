// Entities of proto3, proto2 and editions files: stored and read back over gRPC by a client with messages of its own, and by grpcurl in JSON.
import type { JsonObject } from "@bufbuild/protobuf";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { grpcurl } from "../servers/grpcurl.ts";
import { ask, listAll, objectOf } from "./ask.ts";
import { startSidecar, testEntities, type Sidecar } from "./sidecar.ts";

const run = promisify(execFile);

let sidecar: Sidecar;
let tool: string;
beforeAll(async () => {
  [sidecar, tool] = await Promise.all([startSidecar({ descriptors: testEntities }), grpcurl()]);
});
afterAll(() => sidecar.dispose());

/** What a person types, and what is printed. */
async function typed(method: string, request: JsonObject): Promise<JsonObject> {
  const args = ["-plaintext", "-d", JSON.stringify(request), sidecar.address, method];
  return objectOf(JSON.parse((await run(tool, args)).stdout));
}

/** Rows as protobuf's JSON has them, without id; grpcurl writes the same names. */
const full: readonly (readonly [syntax: string, entity: string, row: JsonObject])[] = [
  ["proto3 without presence", "Plain", {
    name: "naïve 清算", count: "9007199254740993", size: "18446744073709551615", ratio: 0.1, active: true, data: "AP8=",
    kind: "PLAIN_KIND_LARGE", labels: ["b", "a", "b"], price: "-12.30", part: { name: "p", number: -1 },
  }],
  ["proto2", "Legacy", {
    name: "old", tries: 0, state: "LEGACY_STATE_OFF", history: ["LEGACY_STATE_ON", "LEGACY_STATE_OFF"],
    numbers: ["-9007199254740993", "0"], part: { model: "m", spare: false }, labels: { "__proto__": "kept", "": "empty" }, phone: "0",
  }],
  ["edition 2023", "Modern", {
    name: "", count: "7", state: "MODERN_STATE_READY", numbers: [1, -2, 3], part: { name: "delimited", size: 0 },
    parts: [{ name: "one" }, {}, { name: "two", size: 10 }], mode: "MODERN_MODE_FAST",
  }],
]; // prettier-ignore

/** What grpcurl 1.9.4 cannot say: it sends fields of DELIMITED encoding with a length, although it reads them as they should be. */
const unspeakable: readonly string[] = ["part", "parts"];

/** The row as far as grpcurl can send it. */
function speakable(entity: string, row: JsonObject): JsonObject {
  return entity === "Modern"
    ? Object.fromEntries(Object.entries(row).filter(([name]) => !unspeakable.includes(name)))
    : row;
}

describe.each(full)("%s", (_syntax, entity, row) => {
  const service = `test.v1.${entity}Repository`;

  test("what the client creates, client and grpcurl read back", async () => {
    await ask(sidecar, `${service}/Create`, { entity: { id: "client", ...row } });
    const request = { key: { id: "client" } };
    expect(await ask(sidecar, `${service}/Get`, request)).toMatchObject({ entity: { id: "client", ...row } });
    expect(await typed(`${service}/Get`, request)).toMatchObject({ entity: { id: "client", ...row } });
  });

  test("what grpcurl creates, grpcurl and client read back", async () => {
    const sent = { id: "typed", ...speakable(entity, row) };
    await typed(`${service}/Create`, { entity: sent });
    const request = { key: { id: "typed" } };
    expect(await typed(`${service}/Get`, request)).toMatchObject({ entity: sent });
    expect(await ask(sidecar, `${service}/Get`, request)).toMatchObject({ entity: sent });
  });

  test("absent stays absent", async () => {
    const created = objectOf((await ask(sidecar, `${service}/Create`, { entity: { id: "bare" } }))["entity"]);
    const managed = ["id", "createdAt", "updatedAt", "version"];
    expect(Object.keys(created).filter((name) => !managed.includes(name))).toEqual([]);
    expect(await typed(`${service}/Get`, { key: { id: "bare" } })).toEqual({ entity: created });
  });

  test("a field is changed and another cleared, and rows are found by what they hold", async () => {
    const [first = "", second = ""] = Object.keys(row);
    const changed = { id: "client", [first]: "renamed" };
    const update = { entity: changed, updateMask: `${first},${second}` };
    const { entity: found } = await ask(sidecar, `${service}/Update`, update);
    expect(found).toMatchObject(changed);
    expect(found).not.toHaveProperty(second);
    const where = { [first]: { eq: "renamed" } };
    const { frames } = await sidecar.stream(`${service}/Scan`, { where });
    expect(frames).toMatchObject([{ entities: [changed] }]);
    expect(await typed(`${service}/List`, { where, allowScan: true })).toMatchObject({ entities: [changed] });
  });

  test("is removed", async () => {
    await typed(`${service}/Delete`, { key: { id: "typed" } });
    expect(await sidecar.call(`${service}/Get`, { key: { id: "typed" } })).toMatchObject({ code: 5 });
    expect((await listAll(sidecar, `${service}/List`, {})).map(({ id }) => id)).not.toContain("typed");
  });
});

test.each(unspeakable)(
  "a field that is sent in another encoding than declared is refused, and nothing is written: %s",
  async (field) => {
    const [, , row = {}] = full[2] ?? [];
    const sent = { entity: { id: "misencoded", [field]: row[field] ?? "" } };
    await expect(typed("test.v1.ModernRepository/Create", sent)).rejects.toThrow('"reason": "FIELD_INVALID"');
    expect(await sidecar.call("test.v1.ModernRepository/Get", { key: { id: "misencoded" } })).toMatchObject({
      code: 5,
    });
  },
);

test("what the rows hold outlives the process", async () => {
  const before = await Promise.all(full.map(([, entity]) => ask(sidecar, `test.v1.${entity}Repository/List`, {})));
  const { directory } = sidecar;
  await sidecar.stop();
  const next = await startSidecar({ descriptors: testEntities, directory });
  const after = await Promise.all(full.map(([, entity]) => ask(next, `test.v1.${entity}Repository/List`, {})));
  expect(after).toEqual(before);
  await next.stop();
});
