import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { Fault } from "../../../src/model/fault.ts";
import { testCall } from "../rows.ts";
import type { OpeningClause, OpeningFault } from "./opening-clause.ts";

export const clause: OpeningClause = {
  name: "open may be tried again after it has rejected",
  needs: ["durable"],
  isAboutFiles: true,
  async run(place) {
    const inTheWay = join(place.path, "..");
    await writeFile(inTheWay, "no directory");
    await expect(place.open()).rejects.toThrow(/cannot be opened/u);
    await rm(inTheWay);
    const { adapter } = await place.open();
    await expect(adapter.ping(testCall())).resolves.toBeUndefined();
  },
};

export const faults: readonly OpeningFault[] = [
  {
    name: "what rejected once rejects for good",
    plant(open) {
      let failed: unknown;
      return async (options) => {
        if (failed) throw new Fault("STORE_UNAVAILABLE", "the database cannot be opened", { cause: failed });
        return open(options).catch((error: unknown) => {
          failed = error;
          throw error;
        });
      };
    },
  },
];
