import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { expect } from "vitest";
import type { OpeningClause, OpeningFault } from "./opening-clause.ts";

export const clause: OpeningClause = {
  name: "a relative path lies in the data directory",
  needs: ["durable"],
  isAboutFiles: true,
  async run(place) {
    await place.open();
    await expect(stat(place.path)).resolves.toBeDefined();
  },
};

export const faults: readonly OpeningFault[] = [
  {
    name: "a relative path lies wherever the process stands",
    plant: (open) => (options) => open({ ...options, dataDir: `${tmpdir()}/pannier-opening-elsewhere` }),
  },
];
