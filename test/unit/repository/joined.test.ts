/** Where an operation runs is chosen per call: at the store, or in the transaction that the call has joined. */

import { describe, expect, it } from "vitest";
import type { Adapter, Transaction } from "../../../src/adapter/adapter.ts";
import type { Call } from "../../../src/model/call.ts";
import { Fault } from "../../../src/model/fault.ts";
import { createTransactions } from "../../../src/repository/execute/transactions.ts";
import {
  counting,
  creating,
  eq,
  existing,
  faultOf,
  fixture,
  freshCall,
  getting,
  listing,
  scanning,
  updating,
} from "./fixture.ts";

/** Does as the store does, and notes what it was asked. */
function transactionOver(adapter: Adapter, asked: string[]): Transaction {
  const noted = <Result>(name: string, work: () => Result): Result => {
    asked.push(name);
    return work();
  };
  return {
    read: (request, call) => noted("read", () => adapter.read(request, call)),
    scan: (plan, window, call) => noted("scan", () => adapter.scan(plan, window, call)),
    write: (request, call) => noted("write", () => adapter.write(request, call)),
    commit: async () => {},
    rollback: async () => {},
  };
}

describe("a call that has joined a transaction", () => {
  it("reads and writes in it, and every other call at the store", async () => {
    const { adapter } = await fixture();
    const asked: string[] = [];
    const transaction = transactionOver(adapter, asked);
    const joined = freshCall();
    const { repository } = await fixture({
      more: { adapter, joined: (call: Call) => (call === joined ? transaction : undefined) },
    });
    await repository.create(creating({ id: "1" }), joined);
    await repository.update(updating({ id: "1", status: 2 }), joined);
    await repository.get(getting("1"), joined);
    await repository.list(listing({ allowScan: true }), joined);
    expect(await repository.count(counting({ where: eq("status", 2), allowScan: true }), joined)).toBe(1);
    expect(await repository.exists(existing({ key: ["t", "1"], target: "key" }), joined)).toBe(true);
    for await (const frame of repository.scan(scanning(), joined)) expect(frame.entities).toHaveLength(1);
    expect(asked).toEqual(["write", "write", "read", "scan", "scan", "read", "scan"]);
    await repository.get(getting("1"), freshCall());
    expect(asked).toHaveLength(7);
  });

  it("is refused an Execute, which would run outside of it", async () => {
    const { adapter } = await fixture();
    const asked: string[] = [];
    const transaction = transactionOver(adapter, asked);
    const joined = freshCall();
    const { options, repository } = await fixture({
      more: { adapter, joined: (call: Call) => (call === joined ? transaction : undefined) },
    });
    const transactions = createTransactions(() => options);
    const request = {
      operations: [{ method: "Create", entity: options.entity, request: creating({ id: "1" }) } as const],
      isolation: undefined,
      requestId: "",
    };
    const fault = await faultOf(transactions.execute(request, joined));
    expect(fault).toMatchObject({ reason: "OPERATION_INVALID", detail: { field: "pannier-transaction-id" } });
    expect(asked).toEqual([]);
    expect(await repository.exists(existing({ key: ["t", "1"], target: "key" }), freshCall())).toBe(false);
    expect(await transactions.execute(request, freshCall())).toMatchObject([{ method: "Create" }]);
  });

  it("is told of a conflict at once, where a call of its own would try again", async () => {
    let tries = 0;
    const colliding = (adapter: Adapter): Adapter => ({
      ...adapter,
      read: (request, call) => {
        tries += 1;
        if (tries % 3 !== 0) throw new Fault("TRANSACTION_CONFLICT", "met another");
        return adapter.read(request, call);
      },
    });
    const { adapter } = await fixture({ wrap: colliding });
    const joined = freshCall();
    const transaction = transactionOver(adapter, []);
    const { repository } = await fixture({
      more: { adapter, joined: (call: Call) => (call === joined ? transaction : undefined) },
    });
    expect((await faultOf(repository.get(getting("1"), joined))).reason).toBe("TRANSACTION_CONFLICT");
    expect(tries).toBe(1);
    expect((await faultOf(repository.get(getting("1"), freshCall()))).reason).toBe("ROW_NOT_FOUND");
    expect(tries).toBe(3);
  });
});
