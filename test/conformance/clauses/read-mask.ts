/** DESIGN 4: what a read mask answers. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";

export const clause: Clause = {
  name: "a read mask answers its fields, and always key and version",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("read-mask");
    await accounts.create({ id, name: "n", status: "s", notes: ["a"] });
    const masked = { id, name: "n", version: 1n };
    expect(await accounts.get({ id }, { readMask: ["name"] })).toEqual(masked);
    const [item] = await accounts.batchGet([{ id }], { readMask: ["name"] });
    expect(item).toMatchObject({ row: masked });
    const listed = await accounts.list({ where: { id: { eq: id } }, readMask: ["name"] });
    expect(listed.rows).toEqual([masked]);
    const { row } = await accounts.update({ id, status: "t" }, { readMask: ["status"] });
    expect(row).toEqual({ id, status: "t", version: 2n });
    expect((await accounts.update({ id, status: "u" }, { readMask: ["id"] })).row).toEqual({ id });
  },
};

export const fault: PlantedFault = {
  name: "a projection lacks the first field that was asked for",
  plant: (adapter) =>
    altered(adapter, {
      async read(request, call) {
        const answers = await adapter.read(request, call);
        return answers.map((answer, i) => {
          const { entity } = request.keys[i]!;
          const asked = request.fields?.find((ordinal) => entity.key.every((part) => part.ordinal !== ordinal));
          if (answer.status !== "found" || asked === undefined) return answer;
          return { ...answer, record: answer.record.with(asked, undefined) };
        });
      },
    }),
};
