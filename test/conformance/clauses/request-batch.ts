/** DESIGN 5.8: request_id on an atomic batch. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "an atomic batch with a request_id is done once",
  needs: ["request_id", "atomic_batch", "increment"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const { op } = accounts;
    const id = subject.unique("request-batch");
    const requestId = subject.unique("request-id");
    const add = { increment: { int32_count: 1 }, allowMissing: true };
    const writes = [op.update({ id }, add), op.create({ id: `${id}-2` }), op.update({ id }, add)];
    const first = await accounts.batchWrite(writes, { atomic: true, requestId });
    await accounts.update({ id, name: "since" });
    expect(await accounts.batchWrite(writes, { atomic: true, requestId })).toEqual(first);
    expect(await accounts.get({ id })).toMatchObject({ int32_count: 2, version: 3n });
    await refusal("REQUEST_ID_REUSED", accounts.batchWrite(writes.slice(0, 1), { atomic: true, requestId }));
    await refusal("REQUEST_ID_MISPLACED", accounts.batchWrite(writes, { requestId: `${requestId}-2` }));
    const doomed = [op.update({ id }, add), op.create({ id })];
    const again = `${requestId}-3`;
    await refusal("KEY_EXISTS", accounts.batchWrite(doomed, { atomic: true, requestId: again }));
    await accounts.delete({ id }, { permanent: true });
    await refusal("KEY_EXISTS", accounts.batchWrite(doomed, { atomic: true, requestId: again }));
    await refusal("ROW_NOT_FOUND", accounts.get({ id }));
  },
};

export const fault: PlantedFault = {
  name: "batches are not remembered",
  plant: (adapter) =>
    altered(adapter, {
      write: ({ request, ...rest }, call) =>
        adapter.write(request && rest.mutations.length < 2 ? { ...rest, request } : rest, call),
    }),
};
