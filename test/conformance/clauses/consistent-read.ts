/** DESIGN 5.5, 5.9: a page, a BatchGet and a Count show one state of the store, where it publishes that. */

import { setImmediate } from "node:timers/promises";
import { expect } from "vitest";
import { Fault } from "../../../src/model/fault.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { windowOf } from "../direct.ts";
import { execute } from "../execute.ts";
import { filter, type Plain } from "../plain.ts";
import { altered } from "../plant.ts";
import { testCall, type Rows } from "../rows.ts";
import type { Subject } from "../subject.ts";

export const clause: Clause = {
  name: "a page shows one state, whatever is written while it is put together",
  needs: ["consistent_read", "execute", "increment", "index_order"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const status = subject.unique("bank");
    const ids: string[] = [];
    for (let i = 0; i < 10; i++) {
      const id = subject.unique("bank");
      ids.push(id);
      await accounts.create({ id, status, int64_count: 100n });
    }
    const total = await betweenTwoWindows(subject, accounts, status, ids);
    await besideTransfers(subject, accounts, { status, ids, total });
  },
};

/**
 * The write may wait for the reads to end, or happen meanwhile; they see nothing of it. Reads that are begun anew write anew, and see
 * what was written before.
 *
 * @returns the sum of all accounts
 */
async function betweenTwoWindows(
  subject: Subject,
  accounts: Rows,
  status: string,
  ids: readonly string[],
): Promise<bigint> {
  const { adapter } = subject;
  const { entity } = accounts;
  const plan = adapter.plan({ entity, where: filter(entity, { status: { eq: status } }), order: [] });
  let writing: Promise<unknown> = Promise.resolve();
  let runs = 0n;
  const records = await adapter.consistent!(async (reads) => {
    await writing;
    const first = await reads.scan(plan, windowOf(subject, 1), testCall());
    runs += 1n; // those that wrote: one that is begun anew before that has written nothing
    writing = Promise.all(ids.map((id) => accounts.update({ id }, { increment: { int64_count: 1n } })));
    for (let turn = 0; turn < 50; turn++) await setImmediate();
    const rest = await reads.scan(plan, windowOf(subject, 100, first.cursor(0)), testCall());
    return [...first.rows, ...rest.rows];
  }, testCall());
  const count = entity.fields.find((field) => field.name === "int64_count")!.ordinal;
  expect(records.map((record) => record[count])).toEqual(ids.map(() => 99n + runs));
  await writing;
  const total = 10n * (100n + runs);
  expect(sum((await accounts.list({ where: { status: { eq: status } } })).rows)).toBe(total);
  return total;
}

async function besideTransfers(
  subject: Subject,
  accounts: Rows,
  { status, ids, total }: { readonly status: string; readonly ids: readonly string[]; readonly total: bigint },
): Promise<void> {
  let isOver = false;
  const transfer = async (from: number): Promise<void> => {
    for (let i = 1; i <= 20; i++) {
      const to = ids[(from + i) % ids.length]!;
      await untilDone(() =>
        execute(subject, [
          accounts.op.update({ id: ids[from]! }, { increment: { int64_count: -1n } }),
          accounts.op.update({ id: to }, { increment: { int64_count: 1n } }),
        ]),
      );
    }
  };
  const transfers = Promise.all(ids.map((_, from) => transfer(from))).finally(() => (isOver = true));
  transfers.catch(() => {}); // awaited below, once the pages are done
  while (!isOver) {
    const page = await accounts.list({ where: { status: { eq: status } }, pageSize: 10 });
    expect(sum(page.rows)).toBe(total);
    const sorted = await accounts.list({ where: { status: { eq: status } }, orderBy: "int64_count", allowScan: true });
    const counts = sorted.rows.map((row) => row.int64_count as bigint);
    expect(sum(sorted.rows)).toBe(total);
    expect(counts).toEqual(counts.toSorted((a, b) => Number(a - b)));
    const items = await accounts.batchGet(ids.map((id) => ({ id })));
    expect(sum(items.map((item) => ("row" in item ? item.row : {})))).toBe(total);
    await setImmediate();
  }
  await transfers;
}

/** Where transfers got in each other's way until the deadline, nothing was done, and one asks again. */
async function untilDone(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      if (!(error instanceof Fault) || error.reason !== "TRANSACTION_CONFLICT" || tries === 20) throw error;
    }
  }
}

function sum(rows: readonly Plain[]): bigint {
  return rows.reduce((total, row) => total + BigInt(row.int64_count as bigint), 0n);
}

export const fault: PlantedFault = {
  name: "reads of one state see what is written between them",
  plant: (adapter) => altered(adapter, { consistent: (body) => body(adapter) }),
};
