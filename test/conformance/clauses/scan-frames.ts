/** DESIGN 4: Scan's frames. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import type { ScanFrame } from "../../../src/repository/operation.ts";
import { filter } from "../plain.ts";
import { scans } from "../plant.ts";
import { refusal } from "../refusal.ts";
import { testCall } from "../rows.ts";

export const clause: Clause = {
  name: "every frame of a Scan can be continued from",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Composite");
    const tenant = subject.unique("frames");
    for (let i = 0n; i < 11n; i++) await rows.create({ tenant, shard: 1n, number: i, at: 0n, name: "n" });
    const where = { tenant: { eq: tenant }, shard: { eq: 1n } };
    const whole = await rows.scan({ where });
    expect(whole).toHaveLength(11);
    const request = {
      where: filter(rows.entity, where),
      orderBy: "",
      pageSize: 3,
      resumeToken: "",
      parallelism: 0,
      onError: "stop",
      maxRetries: undefined,
      readMask: undefined,
      showDeleted: false,
      consistency: undefined,
    } as const;
    const frames: ScanFrame[] = [];
    for await (const frame of rows.repository.scan(request, testCall())) frames.push(frame);
    let before = 0;
    for (const frame of frames) {
      expect(frame.firstIndex).toBe(before);
      expect(frame.readAt).toBe(subject.clock.now());
      before += frame.entities.length;
      const rest = await rows.scan({ where, pageSize: 4, resumeToken: frame.resumeToken });
      expect(rest, `after ${before} rows`).toEqual(whole.slice(before));
    }
    expect(before).toBe(11);
    const [token = ""] = frames.map((frame) => frame.resumeToken);
    await refusal("PAGE_TOKEN_INVALID", rows.scan({ where: { ...where, name: { eq: "x" } }, resumeToken: token }));
  },
};

export const fault: PlantedFault = {
  name: "a full window says that nothing follows",
  plant: (adapter) =>
    scans(adapter, ({ next, ...answer }, _plan, window) =>
      next && answer.rows.length < window.limit ? { ...answer, next } : answer,
    ),
};
