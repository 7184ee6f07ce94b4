/** DESIGN 4: segments of a Scan. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import type { ScanFrame, ScanRequest } from "../../../src/repository/operation.ts";
import { filter, plain, textOf } from "../plain.ts";
import { altered } from "../plant.ts";
import { testCall } from "../rows.ts";

const ROWS = 60;

export const clause: Clause = {
  name: "a Scan in segments delivers each row once, and can be continued from any frame by any number of them",
  needs: ["parallel_scan"],
  async run(subject) {
    const rows = subject.rows("Composite");
    const note = subject.unique("segments");
    const names = Array.from({ length: ROWS }, (_, i) => `${note}-${String(i).padStart(2, "0")}`);
    for (const [i, name] of names.entries())
      await rows.create({ tenant: `${note}-${i % 20}`, shard: BigInt(i % 3), number: BigInt(i), at: 0n, name, note });
    const scan = async (request: Partial<ScanRequest>, most = Infinity): Promise<readonly ScanFrame[]> => {
      const frames: ScanFrame[] = [];
      const asked = { ...BASE, where: filter(rows.entity, { note: { eq: note } }), ...request };
      for await (const frame of rows.repository.scan(asked, testCall())) {
        frames.push(frame);
        if (frames.length === most) break;
      }
      return frames;
    };
    const namesIn = (frames: readonly ScanFrame[]): readonly string[] =>
      frames.flatMap(({ entities }) =>
        entities.map(({ record, fields }) => textOf(plain(rows.entity.message, record, fields)["name"])),
      );
    const whole = await scan({ parallelism: 4 });
    expect(namesIn(whole).toSorted()).toEqual(names);
    let before = 0;
    for (const [i, frame] of whole.entries()) {
      expect(frame).toMatchObject({ firstIndex: before, pageNumber: i });
      before += frame.entities.length;
    }
    const last = whole.at(-1);
    expect(await scan({ resumeToken: last?.resumeToken ?? "" }), "behind the end").toEqual([]);
    for (const most of [1, 3, 8]) {
      const first = await scan({ parallelism: 5 }, most);
      const resumeToken = first.at(-1)?.resumeToken ?? "";
      for (const parallelism of [0, 3, 8]) {
        const rest = await scan({ parallelism, resumeToken });
        expect([...namesIn(first), ...namesIn(rest)].toSorted(), `${most} frames, then ${parallelism} wide`).toEqual(
          names,
        );
      }
    }
  },
};

const BASE = {
  orderBy: "",
  pageSize: 4,
  resumeToken: "",
  parallelism: 0,
  onError: "stop",
  maxRetries: undefined,
  readMask: undefined,
  showDeleted: false,
  consistency: undefined,
} as const;

export const fault: PlantedFault = {
  name: "the first segment of a Scan has the rows of the second",
  plant: (adapter) =>
    altered(adapter, {
      scan: (plan, window, call) =>
        adapter.scan(
          plan.segment?.index === 0 ? { ...plan, segment: { ...plan.segment, index: 1 } } : plan,
          window,
          call,
        ),
    }),
};
