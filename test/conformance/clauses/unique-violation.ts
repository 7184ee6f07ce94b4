/** DESIGN 5.7 and test/cases 86: a unique value that is taken. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { Fault } from "../../../src/model/fault.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "a taken unique value is refused by Create, Update and Put, naming the index, and nothing is written",
  needs: ["unique_index"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("unique");
    const email = `${id}@test`;
    const owner = await accounts.create({ id, email });
    const other = await accounts.create({ id: `${id}-other`, email: `other-${email}` });
    const fresh = { id: `${id}-fresh`, email };
    const calls = [
      () => accounts.create(fresh),
      () => accounts.put(fresh),
      () => accounts.put({ id: `${id}-other`, email }),
      () => accounts.update({ id: `${id}-other`, email }),
      () => accounts.update(fresh, { allowMissing: true }),
    ];
    const index = accounts.entity.indexes.find((candidate) => candidate.unique);
    for (const call of calls) {
      const fault = await refusal("UNIQUE_VIOLATION", call());
      expect(fault.code).toBe("ALREADY_EXISTS");
      expect(fault.detail.constraint).toBe(index?.name);
    }
    expect(await accounts.get({ id })).toEqual(owner);
    expect(await accounts.get({ id: `${id}-other` })).toEqual(other);
    await refusal("ROW_NOT_FOUND", accounts.get({ id: `${id}-fresh` }));
    expect((await accounts.update({ id, email })).row, "its own value").toMatchObject({ email });
  },
};

export const fault: PlantedFault = {
  name: "a violation does not say of which index",
  plant: (adapter) => {
    const nameless = (error: unknown): Fault => {
      const { reason, message, detail } = error instanceof Fault ? error : adapter.classify(error);
      const { constraint: _, ...rest } = detail;
      return new Fault(reason, message, rest);
    };
    return altered(adapter, {
      classify: nameless,
      async write(request, call) {
        const result = await adapter.write(request, call);
        if (result.kind === "reused") return result;
        const outcomes = result.outcomes.map((outcome) =>
          outcome.status === "failed" ? { ...outcome, error: nameless(outcome.error) } : outcome,
        );
        return { ...result, outcomes };
      },
    });
  },
};
