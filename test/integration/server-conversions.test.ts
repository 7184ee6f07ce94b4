// A change that no start makes, on servers, whose rows are not converted: it is planned, refused with the way out, and done by hand.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { loadSchema } from "../../src/schema/load-schema.ts";
import { openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { mariadbDatabase, say } from "../servers/mariadb.ts";
import { postgresqlDatabase } from "../servers/postgresql.ts";
import { proto } from "../unit/schema/proto-folder.ts";
import { runPannier } from "./sidecar.ts";

async function sayToPostgresql(url: URL, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(text);
  await client.end();
}

const servers = [
  {
    name: "PostgreSQL",
    database: postgresqlDatabase,
    say: sayToPostgresql,
    widen: "ALTER TABLE things ALTER COLUMN size TYPE bigint",
  },
  {
    name: "MariaDB",
    database: mariadbDatabase,
    say: async (url: URL, text: string): Promise<void> => void (await say(url, text)),
    widen: "ALTER TABLE things MODIFY COLUMN size bigint NOT NULL DEFAULT 0",
  },
];

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pannier-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function versionOf(type: string): Promise<string> {
  const folder = join(directory, type);
  mkdirSync(folder);
  const body = `message Thing {
  option (pannier.v1.entity) = { key: {partition: "id"} };
  string id = 1;
  ${type} size = 2;
}`;
  await writeFile(join(folder, "e.proto"), proto(body));
  return folder;
}

describe.each(servers)("$name", (server) => {
  test("a type that is stored otherwise is planned and refused, and is served once the table was changed by hand", async () => {
    const url = await server.database();
    const opened = async <Result>(version: string, body: (subject: Subject) => Promise<Result>): Promise<Result> => {
      const entities = (await loadSchema({ sources: [version] })).entities.map(({ model }) => model);
      const clock = manualClock();
      const adapter = guard(await openAdapter({ store: "main", url, dataDir: "", clock, entities }), "main");
      try {
        return await body(subjectOf("main", adapter, clock, entities));
      } finally {
        await adapter.close();
      }
    };
    const pannier = (...args: readonly string[]): ReturnType<typeof runPannier> =>
      runPannier([...args, "--descriptors", second, "--log.level", "error"], {
        directory,
        environment: { PANNIER_STORES_DEFAULT_URL: url },
      });
    const [first, second] = [await versionOf("int32"), await versionOf("int64")];
    await opened(first, (subject) => subject.rows("Thing").create({ id: "a", size: 7 }));

    const planned = await pannier("migrate", "plan");
    expect([planned.code, planned.out]).toEqual([0, expect.stringContaining("size: int32 → int64 [convertible]")]);
    expect(planned.out).toContain("done: by hand, because migrate apply converts no rows of this store");
    const [line = ""] = (await pannier("migrate", "plan", "--json")).out.split("\n");
    expect(JSON.parse(line)).toMatchObject({ rows: 1, class: "convertible", steps: [{ subject: "size", by: "hand" }] });
    const refused = await pannier("migrate", "apply");
    expect([refused.code, refused.out]).toEqual([78, ""]);
    expect(refused.err).toContain("size: int32 → int64");
    expect(refused.err).toContain("migrate apply converts no rows of this store; take the change back");
    const checked = await pannier("check");
    expect([checked.code, checked.err]).toEqual([78, expect.stringContaining("by hand")]);
    const drift = await opened(
      second,
      async (subject) => subject.adapter.schema?.contract?.(subject.rows("Thing").entity).drift,
    );
    expect(drift).toEqual([expect.stringContaining("size: int32 → int64")]);
    const kept = await opened(first, (subject) => subject.rows("Thing").get({ id: "a" }));
    expect(kept, "the earlier version goes on").toMatchObject({ size: 7 });

    await server.say(new URL(url), server.widen);
    await server.say(new URL(url), "DELETE FROM _pannier_contracts");
    const large = 3_000_000_000n;
    const rows = await opened(second, async (subject) => {
      await subject.rows("Thing").create({ id: "b", size: large });
      return (await subject.rows("Thing").list({})).rows;
    });
    expect(rows).toEqual([{ id: "a", size: 7n }, { id: "b", size: large }]); // prettier-ignore
    const done = await pannier("migrate", "apply");
    expect([done.code, done.out]).toEqual([0, "stores.default: nothing to do\n"]);
  }, 120_000);

  test("what is missing is added by a start, and migrate says so without a word of failure", async () => {
    const url = await server.database();
    const descriptors = await versionOf("int32");
    const pannier = (...args: readonly string[]): ReturnType<typeof runPannier> =>
      runPannier([...args, "--descriptors", descriptors, "--log.level", "warn"], {
        directory,
        environment: { PANNIER_STORES_DEFAULT_URL: url },
      });
    const planned = await pannier("migrate", "plan");
    expect([planned.code, planned.out]).toEqual([0, expect.stringContaining("done: by a start with tables: auto\n")]);
    const applied = await pannier("migrate", "apply");
    expect([applied.code, applied.err]).toEqual([0, ""]);
    expect(applied.out).toBe("stores.default: a start with tables: auto adds what is missing; nothing else is to do\n");
  }, 120_000);
});
