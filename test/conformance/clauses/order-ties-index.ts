/** DESIGN 5.5: rows equal in the asked order, where an index with further fields serves it. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { textOf } from "../plain.ts";
import { scans, withRows } from "../plant.ts";

export const clause: Clause = {
  name: "ties follow what is left of the index that serves the order, then the key",
  needs: ["index_order", "tie_order", "range"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const prefix = subject.unique("index-tie");
    const ids: unknown[] = [];
    for (let i = 0; i < 6; i++) {
      ids.push((await accounts.create({ id: subject.unique("tie"), status: `${prefix}-${i % 2}` })).id);
      if (i % 3 === 2) subject.clock.advance(1_000_000n);
    }
    const where = { status: { starts_with: prefix } };
    const rows = await accounts.pages({ where, orderBy: "status", pageSize: 2 });
    // The index is (status, created_at desc): the newer of each status first, and at one moment the later key.
    expect(rows.map((row) => row.id)).toEqual([4, 2, 0, 5, 3, 1].map((at) => ids[at]));
  },
};

export const fault: PlantedFault = {
  name: "ties within an index follow the key alone",
  plant: (adapter) =>
    scans(adapter, (answer, { entity, access }) => {
      if (access.kind !== "index") return answer;
      const status = access.index.parts[0]!.ordinal;
      const id = entity.key[0]!.ordinal;
      if (entity.fields[status]?.name !== "status" || access.reverse) return answer;
      const text = (row: (typeof answer.rows)[number], ordinal: number): string => textOf(row[ordinal] ?? "");
      const rows = answer.rows.toSorted((a, b) => {
        const [x, y] = text(a, status) === text(b, status) ? [text(a, id), text(b, id)] : ["", ""];
        return x < y ? -1 : x > y ? 1 : 0;
      });
      return withRows(answer, rows);
    }),
};
