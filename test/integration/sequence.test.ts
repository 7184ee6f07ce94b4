// Numbers that the store gives out: nobody's twice, from several sidecars too, for keys and other fields, whatever way a row is made.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { loadSchema } from "../../src/schema/load-schema.ts";
import { execute } from "../conformance/execute.ts";
import { refusal } from "../conformance/refusal.ts";
import { openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { cockroachDatabase } from "../servers/cockroachdb.ts";
import { mariadbDatabase } from "../servers/mariadb.ts";
import { hasMysql, mysqlDatabase } from "../servers/mysql.ts";
import { postgresqlDatabase } from "../servers/postgresql.ts";
import { hasTidb, tidbDatabase } from "../servers/tidb.ts";
import { proto, protoFolder } from "../unit/schema/proto-folder.ts";

const PROTO = proto(`
message Invoice {
  option (pannier.v1.entity) = { key: {partition: "no"} };
  int64 no = 1 [(pannier.v1.field).generate = GENERATE_SEQUENCE];
  optional int64 position = 2 [(pannier.v1.field).generate = GENERATE_SEQUENCE];
  optional string note = 3;
}
`);

const stores = [
  { name: "SQLite", database: async (): Promise<string> => "sqlite:numbers.db" },
  { name: "PostgreSQL", database: postgresqlDatabase },
  { name: "MariaDB", database: mariadbDatabase },
  { name: "CockroachDB", database: cockroachDatabase },
  ...(hasMysql ? [{ name: "MySQL", database: mysqlDatabase }] : []),
  ...(hasTidb ? [{ name: "TiDB", database: tidbDatabase }] : []),
];

describe.each(stores)("numbers of $name", (store) => {
  let entities: readonly EntityModel[];
  let dataDir: string;
  let url: string;
  const opened: Adapter[] = [];

  beforeEach(async () => {
    await using folder = await protoFolder({ "e.proto": PROTO });
    entities = (await loadSchema({ sources: [folder.path] })).entities.map(({ model }) => model);
    dataDir = await mkdtemp(join(tmpdir(), "pannier-numbers-"));
    url = await store.database();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((adapter) => adapter.close()));
    await rm(dataDir, { recursive: true, force: true });
  });

  async function open(): Promise<Subject> {
    const clock = manualClock();
    const adapter = guard(await openAdapter({ store: "main", url, dataDir, clock, entities }), "main");
    opened.push(adapter);
    return subjectOf("main", adapter, clock, entities);
  }

  test("Creates of two sidecars side by side get different numbers, and a batch ascending ones", async () => {
    const subjects = [await open(), await open()];
    const made = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => (await subjects[i % 2]!.rows("Invoice").create({ note: `${i}` })).no),
    );
    expect(new Set(made).size).toBe(60);
    expect(made.every((no) => typeof no === "bigint" && no > 0n)).toBe(true);
    const invoices = subjects[0]!.rows("Invoice");
    const items = await invoices.batchWrite([invoices.op.create({}), invoices.op.create({})], { atomic: true });
    const [first, second] = items.map((item) => ("row" in item ? item.row["no"] : undefined));
    expect(Number(second)).toBe(Number(first) + 1);
  });

  test("they are given to whatever makes a row, and to nothing else", async () => {
    const subject = await open();
    const invoices = subject.rows("Invoice");
    const { row } = await invoices.put({ no: 700n });
    expect(row).toMatchObject({ no: 700n, position: 1n });
    expect((await invoices.update({ no: 701n, note: "made" }, { allowMissing: true })).row).toMatchObject({
      position: 2n,
    });
    expect((await invoices.update({ no: 700n, note: "changed" })).row).toMatchObject({ position: 1n });
    const [one, two] = await execute(subject, [invoices.op.create({}), invoices.op.create({})]);
    expect(one).toMatchObject({ row: { no: 702n, position: 3n } });
    expect(two).toMatchObject({ row: { no: 703n, position: 4n } });
    expect(await invoices.create({ position: 5n }, { validateOnly: true })).toMatchObject({ position: 5n });
  });

  test("they begin behind what is there, and a number that a caller took is told", async () => {
    const before = await open();
    await before.rows("Invoice").create({ no: 41n, position: 7n });
    const made = await before.rows("Invoice").create({});
    expect(made).toMatchObject({ no: 42n, position: 8n });
    await before.rows("Invoice").create({ no: 43n });
    await refusal("KEY_EXISTS", before.rows("Invoice").create({}));
    expect(await before.rows("Invoice").create({})).toMatchObject({ no: 44n });
  });

  test("a repeated request gets the number of the first", async () => {
    const invoices = (await open()).rows("Invoice");
    const first = await invoices.create({ note: "once" }, { requestId: "r" });
    expect(await invoices.create({ note: "once" }, { requestId: "r" })).toEqual(first);
    expect((await invoices.pages({})).length).toBe(1);
  });
});
