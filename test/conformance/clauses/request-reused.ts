/** test/cases 63: one request_id for two requests. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "a request_id with another payload is refused, and nothing is written",
  needs: ["request_id"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("request-reused");
    const requestId = subject.unique("request-id");
    await accounts.create({ id, name: "first" }, { requestId });
    const fault = await refusal("REQUEST_ID_REUSED", accounts.create({ id: `${id}-2`, name: "first" }, { requestId }));
    expect(fault.code).toBe("INVALID_ARGUMENT");
    await refusal("REQUEST_ID_REUSED", accounts.put({ id, name: "first" }, { requestId }));
    await refusal("REQUEST_ID_REUSED", accounts.update({ id, name: "x" }, { requestId }));
    await refusal("ROW_NOT_FOUND", accounts.get({ id: `${id}-2` }));
    expect(await accounts.get({ id })).toMatchObject({ name: "first", version: 1n });
    const masked = await accounts.create({ id, name: "first" }, { requestId, readMask: ["name"] });
    expect(masked, "the read mask is no part of the payload").toEqual({ id, name: "first", version: 1n });
  },
};

export const fault: PlantedFault = {
  name: "payloads under one request_id are not compared",
  plant: (adapter) =>
    altered(adapter, {
      write: ({ request, ...rest }, call) =>
        adapter.write(request ? { ...rest, request: { ...request, digest: new Uint8Array(32) } } : rest, call),
    }),
};
