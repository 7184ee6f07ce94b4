/** The adapter's contract: modify. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { transition } from "../../../src/model/transition.ts";
import type { Mutation } from "../../../src/model/mutation.ts";
import { altered, currentRow } from "../plant.ts";
import { testCall } from "../rows.ts";

export const clause: Clause = {
  name: "modify decides on the row as it is, and writes only over that",
  needs: ["modify"],
  async run(subject) {
    const { adapter } = subject;
    const accounts = subject.rows("Account");
    const { entity } = accounts;
    const id = subject.unique("modify");
    await accounts.create({ id });
    const ordinal = entity.fields.find((field) => field.name === "int64_count")!.ordinal;
    const update = {
      kind: "update",
      entity,
      key: [id],
      now: subject.clock.now(),
      allowMissing: false,
      generated: [],
    } as const;
    const mutation: Mutation = { ...update, changes: [{ kind: "increment", ordinal, by: 1n }] };
    const options = { returning: false, consistency: undefined };
    const modified = Array.from({ length: 32 }, () =>
      adapter.modify!(mutation, (row) => transition(mutation, row), options, testCall()),
    );
    for (const result of await Promise.all(modified))
      expect(result).toMatchObject({ kind: "fresh", outcomes: [{ status: "applied" }] });
    expect(await accounts.get({ id })).toMatchObject({ int64_count: 32n, version: 33n });
    const refused = await adapter.modify!(
      mutation,
      () => ({ action: "reject", because: { kind: "condition" } }),
      options,
      testCall(),
    );
    expect(refused).toMatchObject({ outcomes: [{ status: "rejected" }] });
    expect(await accounts.get({ id })).toMatchObject({ version: 33n });
  },
};

export const fault: PlantedFault = {
  name: "modify writes over whatever is there by then",
  plant: (adapter) =>
    altered(adapter, {
      ...(adapter.modify && {
        async modify(mutation, decide, options, call) {
          const decision = decide(await currentRow(adapter, mutation, call));
          return adapter.modify!(mutation, () => decision, options, call);
        },
      }),
    }),
};
