// Units of one partition from two processes' adapters, which do not queue behind each other: the database alone keeps them apart.
import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Adapter, ExecuteResult, ExecuteStep, RecordedRequest } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { createOf, entityKey } from "../conformance/direct.ts";
import { testCall } from "../conformance/rows.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { cassandraKeyspace } from "../servers/cassandra.ts";

const composite: EntityModel = entities.find(({ name }) => name === "test.v1.Composite")!;

let sides: readonly { readonly adapter: Adapter; readonly subject: Subject }[] = [];

beforeAll(async () => {
  const url = await cassandraKeyspace();
  const opened = [];
  for (const name of ["one", "other"]) {
    const clock = manualClock();
    const options = { store: name, url, dataDir: "", clock, entities: [composite] };
    const adapter = guard(await openAdapter(options), name);
    opened.push({ adapter, subject: subjectOf(name, adapter, clock, [composite]) });
  }
  sides = opened;
}, 300_000);
afterAll(async () => {
  for (const { adapter } of sides) await adapter.close();
});

const key = (tenant: string, number: bigint) => ({ tenant, shard: 1n, number, at: 0n, name: "n" });

/** A conflict undid the whole, and says so: asked again. */
async function insistently<Result>(
  work: () => Promise<Result>,
  conflicts: (error: unknown) => boolean,
): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!conflicts(error)) throw error;
    }
  }
}

describe("units of one partition from two sidecars", () => {
  test("lose no change, and nobody sees half of one", async () => {
    const tenant = `race-${randomUUID()}`;
    const changes = 12;
    await sides[0]!.subject.rows("Composite").create({ ...key(tenant, 1n), count: 0n });
    await sides[0]!.subject.rows("Composite").create({ ...key(tenant, 2n), count: 0n });
    await Promise.all(
      sides.map(async ({ subject }) => {
        const rows = subject.rows("Composite");
        const writes = [1n, 2n].map((number) => rows.op.update(key(tenant, number), { increment: { count: 1n } }));
        for (let i = 0; i < changes; i += 1)
          await insistently(
            () => rows.batchWrite(writes, { atomic: true }),
            (error) => error instanceof Error && "reason" in error && error.reason === "TRANSACTION_CONFLICT",
          );
      }),
    );
    for (const number of [1n, 2n])
      expect(await sides[1]!.subject.rows("Composite").get(key(tenant, number))).toMatchObject({
        count: BigInt(2 * changes),
      });
  });

  test("hold what they have looked at until they are done", async () => {
    const both: string[] = [];
    for (let round = 0; round < 10; round += 1) {
      const tenant = `skew-${round}-${randomUUID()}`;
      // Each makes its row, having seen that the other's is missing: one of them has to see it, or to find it there.
      const seen = await Promise.all(
        sides.map(async ({ adapter, subject }, i) => {
          const [mine, others] = [key(tenant, BigInt(i)), key(tenant, BigInt(1 - i))];
          const steps: readonly ExecuteStep[] = [
            {
              kind: "read",
              key: entityKey(composite, others),
              visible: { deleted: false, now: subject.clock.now() },
            },
            { kind: "write", mutation: createOf(subject, composite, mine) },
          ];
          return statusesOf(await execute(adapter, steps));
        }),
      );
      if (seen.every(([first]) => first === "missing")) both.push(tenant);
    }
    expect(both, "rounds in which neither saw the other's row").toEqual([]);
  });

  test("are done once for a request_id that reaches both", async () => {
    for (let round = 0; round < 10; round += 1) {
      const request = requestOf("one");
      const mutation = createOf(sides[0]!.subject, composite, key(`once-${request.id}`, 1n));
      const asked = Array.from({ length: 6 }, (_, i) => sides[i % 2]!.adapter);
      const results = await Promise.all(
        asked.map((adapter) => execute(adapter, [{ kind: "write", mutation }], request)),
      );
      expect(results.map(({ kind }) => kind).toSorted()).toEqual(["fresh", ...results.slice(1).map(() => "replayed")]);
      expect(results.map(statusesOf)).toEqual(results.map(() => ["applied"]));
    }
  });

  test("of two requests with one id one alone is done, whatever they write", async () => {
    for (let round = 0; round < 10; round += 1) {
      const request = requestOf("");
      const results = await Promise.all(
        sides.map(({ adapter, subject }, i) => {
          const mutation = createOf(subject, composite, key(`two-${request.id}`, BigInt(i)));
          return execute(adapter, [{ kind: "write", mutation }], { ...request, digest: requestOf(String(i)).digest });
        }),
      );
      expect(results.map(({ kind }) => kind).toSorted()).toEqual(["fresh", "reused"]);
    }
  });
});

function requestOf(said: string): RecordedRequest {
  return { id: randomUUID(), digest: createHash("sha256").update(said).digest(), now: 1n };
}

function execute(adapter: Adapter, steps: readonly ExecuteStep[], request?: RecordedRequest): Promise<ExecuteResult> {
  const asked = {
    steps,
    required: steps.map(() => false),
    isolation: undefined,
    consistency: undefined,
    ...(request && { request }),
  };
  return insistently(
    () => adapter.execute!(asked, testCall()),
    (error) => adapter.classify(error).reason === "TRANSACTION_CONFLICT",
  );
}

function statusesOf(result: ExecuteResult): readonly string[] {
  return result.kind === "reused" ? [] : result.outcomes.map(({ status }) => status);
}
