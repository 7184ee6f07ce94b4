// Where entities live: defaults of a file, stores of their own, and stores that cannot carry them.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runPannier, startSidecar, type Sidecar } from "./sidecar.ts";

// No pannier/v1 beside it: that is supplied.
const things = `
syntax = "proto3";
package routing.v1;
import "pannier/v1/annotations.proto";
option (pannier.v1.defaults) = {store: "second", table_prefix: "pre_"};
message Thing {
  option (pannier.v1.entity) = {key: {partition: "id"}};
  string id = 1;
}
message Own {
  option (pannier.v1.entity) = {store: "default", table: "own_table", key: {partition: "id"}};
  string id = 1;
}
message Counted {
  option (pannier.v1.entity) = {key: {partition: "id"}};
  int64 id = 1 [(pannier.v1.field).generate = GENERATE_SEQUENCE];
}
message Part {
  option (pannier.v1.entity) = {key: {partition: "id"}};
  string id = 1;
  optional string thing_id = 2 [(pannier.v1.field).references = {entity: "routing.v1.Thing", on_delete: ON_DELETE_RESTRICT}];
}
`;

describe("entities on stores", () => {
  let directory: string;
  let sidecar: Sidecar;
  const descriptors = (): string => join(directory, "things");
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "pannier-"));
    await mkdir(join(descriptors(), "routing", "v1"), { recursive: true });
    await writeFile(join(descriptors(), "routing", "v1", "things.proto"), things);
    const yaml = "stores: {default: {url: 'sqlite:a.db', pool: {max: 10}}, second: {url: 'sqlite:b.db'}}";
    sidecar = await startSidecar({ directory, descriptors: descriptors(), yaml });
  });
  afterAll(async () => {
    await sidecar.dispose();
    await rm(directory, { recursive: true, force: true });
  });

  test("a file's defaults name store and prefix, an entity's own words are stronger", async () => {
    expect(await sidecar.call("pannier.v1.AdminService/ListEntities", {})).toMatchObject({
      json: {
        entities: expect.arrayContaining([
          expect.objectContaining({ entity: "routing.v1.Thing", store: "second", table: "pre_things", serving: true }),
          expect.objectContaining({ entity: "routing.v1.Own", store: "default", table: "own_table", serving: true }),
        ]),
      },
    });
  });

  test.each([
    ["Part", "references"],
  ])("%s, which its store cannot carry, is refused everywhere by capability", async (name, capability) => {
    const refused = { code: 12, reason: "CAPABILITY_MISSING", info: { capability, entity: `routing.v1.${name}`, store: "second" } };
    const service = `routing.v1.${name}Repository`;
    expect(await sidecar.call(`${service}/Create`, { entity: {} })).toMatchObject(refused);
    expect(await sidecar.call(`${service}/Get`, { key: { id: "1" } })).toMatchObject(refused);
    expect((await sidecar.stream(`${service}/Scan`, {})).end).toMatchObject(refused);
    const create = (type: string) => ({ "@type": `type.googleapis.com/routing.v1.${type}RepositoryCreateRequest`, entity: { id: "1" } });
    const executed = await sidecar.call("pannier.v1.TransactionService/Execute", { operations: [create("Thing"), create(name)] });
    expect(executed).toMatchObject({ ...refused, info: { ...refused.info, index: "1" } });
    expect(await sidecar.call("routing.v1.ThingRepository/Exists", { key: { id: "1" } })).toMatchObject({ json: {} });
    expect(await sidecar.call("grpc.health.v1.Health/Check", { service })).toMatchObject({ json: { status: "NOT_SERVING" } });
    expect(await sidecar.call("pannier.v1.AdminService/DescribeEntity", { entity: `routing.v1.${name}` })).toMatchObject({
      json: { entity: { missingCapabilities: [{ capability }] } },
    });
  }); // prettier-ignore

  test("what the stores can carry serves", async () => {
    const status = (service: string) => sidecar.call("grpc.health.v1.Health/Check", { service });
    for (const name of ["", "readiness", "store.second", "routing.v1.ThingRepository", "routing.v1.CountedRepository"])
      expect(await status(name)).toMatchObject({ json: { status: "SERVING" } });
    expect(await sidecar.call("routing.v1.ThingRepository/Put", { entity: { id: "2" } })).toMatchObject({ ok: true });
  });

  test("check ends with 78 and names what cannot be carried", async () => {
    const ended = await runPannier(["check", "--descriptors", descriptors()], { directory });
    expect(ended.code).toBe(78);
    expect(ended.err).not.toContain("routing.v1.Counted:");
    expect(ended.err).toContain("routing.v1.Part");
    expect(ended.err).not.toContain("routing.v1.Thing:");
  });
});
