// References that say what becomes of them: enforced by the database, told with their names, and refused where a store cannot.
import { afterEach, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import type { OpenOptions } from "../../src/adapter/opening.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { unmetDemands } from "../../src/repository/demands.ts";
import { loadSchema } from "../../src/schema/load-schema.ts";
import { reasons, refusal } from "../conformance/refusal.ts";
import { testCall } from "../conformance/rows.ts";
import { openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { cockroachDatabase } from "../servers/cockroachdb.ts";
import { mariadbDatabase } from "../servers/mariadb.ts";
import { hasMysql, mysqlDatabase } from "../servers/mysql.ts";
import { postgresqlDatabase } from "../servers/postgresql.ts";
import { proto, protoFolder } from "../unit/schema/proto-folder.ts";

const FIELD = (name: string, number: number, action: string): string =>
  `optional string ${name} = ${number} [(pannier.v1.field).references = {entity: "p.v1.Owner" on_delete: ${action}}];`;

async function entitiesOf(body: string): Promise<readonly EntityModel[]> {
  await using folder = await protoFolder({ "e.proto": proto(body) });
  const { entities, findings } = await loadSchema({ sources: [folder.path] });
  expect(findings).toEqual([]);
  return entities.map(({ model }) => model);
}

const OWNER = `message Owner { option (pannier.v1.entity) = { key: {partition: "id"} }; string id = 1; EXTRA }`;
const THING = (fields: string): string =>
  `message Thing { option (pannier.v1.entity) = { key: {partition: "id"} }; string id = 1; optional string note = 9; ${fields} }`;
const ALL = [
  FIELD("keeper", 2, "ON_DELETE_RESTRICT"),
  FIELD("maker", 3, "ON_DELETE_CASCADE"),
  FIELD("user", 4, "ON_DELETE_SET_NULL"),
].join("\n");
const schema = OWNER.replace("EXTRA", "") + THING(ALL);

const servers = [
  { name: "PostgreSQL", database: postgresqlDatabase },
  { name: "MariaDB", database: mariadbDatabase },
  { name: "CockroachDB", database: cockroachDatabase },
  ...(hasMysql ? [{ name: "MySQL", database: mysqlDatabase }] : []),
];

describe.each(servers)("references on $name", (server) => {
  const opened: Adapter[] = [];
  afterEach(() => Promise.all(opened.splice(0).map((adapter) => adapter.close())));

  async function open(
    url: string,
    entities: readonly EntityModel[],
    tables: OpenOptions["tables"] = "auto",
  ): Promise<Subject> {
    const clock = manualClock();
    const adapter = guard(await openAdapter({ store: "main", url, dataDir: "", clock, entities, tables }), "main");
    opened.push(adapter);
    return subjectOf("main", adapter, clock, entities);
  }

  const driftOf = (subject: Subject, name: string): readonly string[] | undefined =>
    subject.adapter.schema?.contract?.(subject.rows(name).entity).drift;

  test("a row must be there to be referred to, and what is referred to stays, goes too, or is forgotten", async () => {
    const url = await server.database();
    const entities = await entitiesOf(schema);
    const [subject, second] = await Promise.all([open(url, entities), open(url, entities)]);
    const [owners, things] = [subject.rows("Owner"), subject.rows("Thing")];
    const lost = await refusal("FOREIGN_KEY_VIOLATION", things.create({ id: "a", keeper: "nobody" }));
    expect(lost.code).toBe("FAILED_PRECONDITION");
    expect(lost.detail).toMatchObject({ constraint: "p.v1.Thing.keeper", metadata: { fields: "keeper" } });
    for (const id of ["one", "two", "three"]) await owners.create({ id });
    await second.rows("Thing").create({ id: "a", keeper: "one", maker: "two", user: "three" });
    const kept = await refusal("FOREIGN_KEY_VIOLATION", owners.delete({ id: "one" }));
    expect(kept.detail).toMatchObject({ constraint: "p.v1.Thing.keeper" });
    await refusal("FOREIGN_KEY_VIOLATION", things.update({ id: "a", user: "nobody" }));
    await refusal("FOREIGN_KEY_VIOLATION", things.put({ id: "a", maker: "nobody" }));
    await owners.delete({ id: "three" });
    expect(await things.get({ id: "a" })).toEqual({ id: "a", keeper: "one", maker: "two" });
    await owners.delete({ id: "two" });
    await refusal("ROW_NOT_FOUND", things.get({ id: "a" }));
    await owners.delete({ id: "one" });
  });

  test("in a batch the one that breaks a reference fails alone; all or nothing, it says which, and nothing is written", async () => {
    const subject = await open(await server.database(), await entitiesOf(schema));
    const [owners, things] = [subject.rows("Owner"), subject.rows("Thing")];
    await owners.create({ id: "one" });
    const writes = ["one", "nobody", "one"].map((keeper, i) => things.op.create({ id: `row ${i}`, keeper }));
    expect(reasons(await things.batchWrite(writes))).toEqual([undefined, "FOREIGN_KEY_VIOLATION", undefined]);
    const again = ["one", "nobody"].map((keeper, i) => things.op.create({ id: `all ${i}`, keeper }));
    const refused = await refusal("FOREIGN_KEY_VIOLATION", things.batchWrite(again, { atomic: true }));
    expect(refused.detail).toMatchObject({ index: 1, constraint: "p.v1.Thing.keeper" });
    await refusal("ROW_NOT_FOUND", things.get({ id: "all 0" }));
  });

  test("a reference is enforced later, or means something else; rows that break it take their entity out", async () => {
    const url = await server.database();
    const bare = await entitiesOf(
      OWNER.replace("EXTRA", "") + THING("optional string keeper = 2 [(pannier.v1.field).max_length = 255];"),
    );
    const before = await open(url, bare);
    await before.rows("Thing").create({ id: "a", keeper: "nobody" });
    const keeping = await entitiesOf(OWNER.replace("EXTRA", "") + THING(FIELD("keeper", 2, "ON_DELETE_RESTRICT")));
    expect(driftOf(await open(url, keeping, "check"), "Thing")).not.toEqual([]);
    const broken = await open(url, keeping);
    expect(driftOf(broken, "Thing")).toEqual([
      "keeper cannot be enforced: rows refer to ones that are not there; mend or remove them",
    ]);
    await broken.rows("Owner").create({ id: "nobody" });
    const mended = await open(url, keeping);
    await refusal("FOREIGN_KEY_VIOLATION", mended.rows("Owner").delete({ id: "nobody" }));
    const going = await entitiesOf(OWNER.replace("EXTRA", "") + THING(FIELD("keeper", 2, "ON_DELETE_CASCADE")));
    const changed = await open(url, going);
    await changed.rows("Owner").delete({ id: "nobody" });
    await refusal("ROW_NOT_FOUND", changed.rows("Thing").get({ id: "a" }));
    expect(driftOf(await open(url, going, "check"), "Thing")).toEqual([]);
    await changed.adapter.ping(testCall());
  });

  test("a foreign key stays while its target is not served, and where a process of an earlier schema starts again", async () => {
    const url = await server.database();
    const owner = OWNER.replace("EXTRA", "optional bool good = 2;");
    const earlier = await entitiesOf(owner + THING(ALL.replace(FIELD("maker", 3, "ON_DELETE_CASCADE"), "")));
    await open(url, earlier);
    const subject = await open(url, await entitiesOf(owner + THING(ALL)));
    const again = await open(url, earlier);
    await refusal("FOREIGN_KEY_VIOLATION", subject.rows("Thing").create({ id: "a", maker: "nobody" }));
    await refusal("FOREIGN_KEY_VIOLATION", again.rows("Thing").create({ id: "a", keeper: "nobody" }));
    // A change that is left to hands: nobody has done it, so that owners are not served under this schema.
    const broken = await open(url, await entitiesOf(owner.replace("bool", "string") + THING(ALL)));
    expect(driftOf(broken, "Thing")).toEqual(
      ["keeper", "maker", "user"].map((name) => `${name} refers to p.v1.Owner, which is not served`),
    );
    await refusal("FOREIGN_KEY_VIOLATION", subject.rows("Thing").create({ id: "a", keeper: "nobody" }));
  });

  test.each([
    ["its reference", "optional string keeper = 2;"],
    ["the field", ""],
  ])("when the last reference goes with %s the database forgets it, and an earlier process does not bring it back", async (_, without) => {
    const url = await server.database();
    const keeping = await entitiesOf(OWNER.replace("EXTRA", "") + THING(FIELD("keeper", 2, "ON_DELETE_RESTRICT")));
    const free = await entitiesOf(OWNER.replace("EXTRA", "") + THING(without));
    const earlier = await open(url, keeping);
    for (const id of ["one", "two"]) {
      await earlier.rows("Owner").create({ id });
      await earlier.rows("Thing").create({ id: `of ${id}`, keeper: id });
    }
    const line = /keeper: a reference with ON_DELETE_RESTRICT → no enforced reference: it is not enforced any more/u;
    const checked = await open(url, free, "check");
    expect(driftOf(checked, "Thing")).toEqual([expect.stringMatching(line)]);
    const plans = await checked.adapter.schema?.plan?.(testCall());
    expect(plans?.flatMap(({ plan }) => plan.steps.map(({ work }) => work.kind))).toContain("drop reference");
    const [newer, second] = await Promise.all([open(url, free), open(url, free)]);
    await newer.rows("Owner").delete({ id: "one" });
    const again = await open(url, keeping);
    expect([second, again].map((each) => driftOf(each, "Thing"))).toEqual([[], []]);
    await again.rows("Owner").delete({ id: "two" });
    expect(driftOf(await open(url, free, "check"), "Thing")).toEqual([]);
  }); // prettier-ignore

  test("a unique index over a field that refers is given up, and the reference is enforced as before", async () => {
    const url = await server.database();
    const keeping = OWNER.replace("EXTRA", "") + THING(FIELD("keeper", 2, "ON_DELETE_RESTRICT"));
    const unique = 'indexes: {fields: ["keeper"] unique: true} }; string id = 1; optional string note';
    await open(url, await entitiesOf(keeping.replace("}; string id = 1; optional string note", unique)));
    const subject = await open(url, await entitiesOf(keeping));
    expect(driftOf(subject, "Thing")).toEqual([]);
    await subject.rows("Owner").create({ id: "one" });
    for (const id of ["a", "b"]) await subject.rows("Thing").create({ id, keeper: "one" });
    await refusal("FOREIGN_KEY_VIOLATION", subject.rows("Owner").delete({ id: "one" }));
  });

  test("what a foreign key cannot hold is refused: rows that expire, and tables that others made", async () => {
    const url = await server.database();
    const expiring = OWNER.replace(
      "EXTRA",
      "google.protobuf.Timestamp until = 2 [(pannier.v1.field).expires_at = true];",
    );
    const entities = await entitiesOf(expiring + THING(FIELD("keeper", 2, "ON_DELETE_RESTRICT")));
    const subject = await open(url, entities);
    expect(unmetDemands(subject.rows("Thing").entity, subject.adapter)).toMatchObject([
      { text: expect.stringContaining("and those expire") as unknown },
    ]);
    const foreign = await open(url, await entitiesOf(schema), "off");
    expect(unmetDemands(foreign.rows("Thing").entity, foreign.adapter).map(({ capability }) => capability)).toEqual([
      "references",
      "references",
      "references",
    ]);
  });
});
