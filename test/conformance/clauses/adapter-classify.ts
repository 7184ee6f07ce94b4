/** The adapter's contract: classify. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { Fault } from "../../../src/model/fault.ts";
import { REASONS } from "../../../src/model/reason.ts";
import { altered } from "../plant.ts";

export const clause: Clause = {
  name: "whatever is thrown becomes a Fault, and nothing of its text reaches the caller",
  needs: [],
  async run({ adapter }) {
    const secret = "password=hunter2 in SELECT";
    const thrown = [
      new Error(secret),
      new TypeError(secret),
      secret,
      undefined,
      null,
      7,
      { code: secret, message: secret },
    ];
    for (const error of thrown) {
      const fault = adapter.classify(error);
      expect(fault).toBeInstanceOf(Fault);
      expect(Object.keys(REASONS)).toContain(fault.reason);
      const { cause: _, ...shown } = fault.detail;
      expect(fault.message).not.toContain("hunter2");
      expect(JSON.stringify(shown)).not.toContain("hunter2");
    }
  },
};

export const fault: PlantedFault = {
  name: "a driver's text goes to the caller",
  plant: (adapter) =>
    altered(adapter, {
      classify(error) {
        const { reason, message, detail } = adapter.classify(error);
        return new Fault(reason, error instanceof Error ? `${message}: ${error.message}` : message, detail);
      },
    }),
};
