/** DESIGN 4: a request_id within one partition. */

import { expect } from "vitest";
import { has } from "../../../src/adapter/capabilities.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";
import { HOUR, SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "a write within one partition is done once for its request_id, also where its row is gone since, for 24 hours",
  needs: [["request_id", "partition_request_id"], "increment"],
  async run(subject) {
    const rows = subject.rows("Composite");
    const { op } = rows;
    const tenant = subject.unique("partition-request");
    const key = (number: bigint) => ({ tenant, shard: 1n, number, at: 0n, name: "n" });
    const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => subject.unique(name)) as [string, string, string, string];
    const created = await rows.create({ ...key(1n), count: 1n }, { requestId: a });
    const add = { increment: { count: 5n }, requestId: b };
    const first = await rows.update(key(1n), add);
    await rows.update({ ...key(1n), note: "since" });
    expect(await rows.update(key(1n), add)).toEqual(first);
    expect(await rows.get(key(1n))).toMatchObject({ count: 6n, note: "since" });
    await refusal("REQUEST_ID_REUSED", rows.update(key(1n), { ...add, increment: { count: 6n } }));
    const gone = await rows.delete(key(1n), { requestId: c });
    expect(await rows.delete(key(1n), { requestId: c })).toEqual(gone);
    expect(await rows.create({ ...key(1n), count: 1n }, { requestId: a })).toEqual(created);
    await refusal("ROW_NOT_FOUND", rows.get(key(1n)));

    const writes = [op.create({ ...key(2n), count: 1n }), op.update(key(2n), { increment: { count: 1n } })];
    const batch = await rows.batchWrite(writes, { atomic: true, requestId: d });
    expect(await rows.batchWrite(writes, { atomic: true, requestId: d })).toEqual(batch);
    expect(await rows.get(key(2n))).toMatchObject({ count: 2n });
    const racing = { increment: { count: 1n }, requestId: subject.unique("race") };
    const raced = await Promise.allSettled(Array.from({ length: 8 }, () => rows.update(key(2n), racing)));
    expect(raced.filter(({ status }) => status === "fulfilled").length).toBeGreaterThan(0);
    expect(await rows.get(key(2n))).toMatchObject({ count: 3n });
    const refused = {
      increment: { count: 1n },
      condition: { count: { eq: 0n } },
      requestId: subject.unique("refused"),
    };
    await refusal("CONDITION_FAILED", rows.update(key(2n), refused));
    await refusal("CONDITION_FAILED", rows.update(key(2n), refused));

    subject.clock.advance(24n * HOUR + SECOND);
    expect(await rows.update(key(2n), racing)).toMatchObject({ row: { count: 4n } });
    const calls = subject.calls();
    const alone = subject.rows("Ticket").create({ id: tenant }, { requestId: a });
    if (has(subject.capabilities, "request_id")) expect(await alone).toMatchObject({ id: tenant });
    else {
      const lacks = await refusal("CAPABILITY_MISSING", alone);
      expect(lacks.detail.metadata?.capability).toBe("partition_request_id");
      expect(subject.calls()).toBe(calls);
    }
  },
};

export const fault: PlantedFault = {
  name: "writes within a partition are not remembered",
  plant: (adapter) =>
    altered(adapter, {
      write: ({ request, ...rest }, call) => {
        const isMine = rest.mutations.every(({ entity }) => entity.name.endsWith(".Composite"));
        return adapter.write(request && !isMine ? { ...rest, request } : rest, call);
      },
    }),
};
