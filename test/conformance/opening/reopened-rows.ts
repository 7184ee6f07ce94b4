import { expect } from "vitest";
import { refusal } from "../refusal.ts";
import type { OpeningClause, OpeningFault } from "./opening-clause.ts";

export const clause: OpeningClause = {
  name: "a store that was closed has its rows when it is opened again, as they were, and none that were deleted",
  needs: ["durable"],
  async run(place) {
    const before = await place.open();
    const row = await before.subject.rows("Account").create({ id: "kept", status: "open" });
    await before.subject.rows("Ticket").create({ id: "gone" });
    await before.subject.rows("Ticket").delete({ id: "gone" });
    await before.close();

    const { subject } = await place.open();
    expect(await subject.rows("Account").get({ id: "kept" })).toEqual(row);
    expect((await subject.rows("Account").list({})).rows).toEqual([row]);
    await refusal("KEY_EXISTS", subject.rows("Account").create({ id: "kept" }));
    await refusal("ROW_NOT_FOUND", subject.rows("Ticket").get({ id: "gone" }));
  },
};

export const faults: readonly OpeningFault[] = [
  {
    name: "a store is empty each time it is opened",
    plant(open) {
      let opened = 0;
      return (options) => open({ ...options, dataDir: `${options.dataDir}/${opened++}` });
    },
  },
];
