/** How large a row may become. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutations } from "../plant.ts";
import { reasons, refusal } from "../refusal.ts";

/** Two of them are more than a row may have. */
const LONG = "x".repeat(600_000);

export const clause: Clause = {
  name: "no write makes a row larger than may be stored, whatever was in it before",
  needs: [["collections", "modify"], "large_rows"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("growth");
    await accounts.create({ id, name: LONG });
    const fault = await refusal("ROW_TOO_LARGE", accounts.update({ id }, { append: { notes: [LONG] } }));
    expect(fault.detail.metadata).toEqual({ key_fields: "id" });
    expect(fault.message).not.toContain("xx");
    await refusal("ROW_TOO_LARGE", accounts.update({ id, limits: new Map([[LONG, 1n]]) }));
    const alone = [accounts.op.update({ id, notes: [LONG] }), accounts.op.update({ id, status: "s" })];
    expect(reasons(await accounts.batchWrite(alone))).toEqual(["ROW_TOO_LARGE", undefined]);
    expect(await accounts.get({ id })).toMatchObject({ notes: [], limits: new Map(), status: "s", version: 2n });
    const { row } = await accounts.update({ id, name: "short" }, { append: { notes: [LONG] } });
    expect(row).toMatchObject({ name: "short", version: 3n });

    // Three times this fits, four times does not, whoever comes first.
    const part = "x".repeat(300_000);
    await accounts.update({ id, notes: [] }, { mask: ["notes", "name"] });
    const side = Array.from({ length: 5 }, () => accounts.update({ id }, { append: { notes: [part] } }));
    const outcomes = await Promise.allSettled(side);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    expect((await accounts.get({ id })).notes).toEqual([part, part, part]);

    const kept = subject.rows("Everything");
    const { version } = await kept.create({ id, origin: LONG });
    await refusal("ROW_TOO_LARGE", kept.put({ id, string_choice: LONG }));
    expect(await kept.get({ id }, { readMask: ["string_choice"] })).toMatchObject({ version });
    await accounts.delete({ id }, { permanent: true });
    await kept.delete({ id }, { permanent: true });
  },
};

export const fault: PlantedFault = {
  name: "how large a row may become is not looked at",
  plant: (adapter) =>
    mutations(adapter, (mutation) => {
      const { mostBytes: _, ...unlimited } = mutation;
      return unlimited;
    }),
};
