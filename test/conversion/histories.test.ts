/** A few of the random histories; `node test/conversion/histories.ts` runs 300. */

import { expect, it } from "vitest";
import { history } from "./histories.ts";

it("rows are what was written last, by number, through schema changes, restarts and an older version", async () => {
  expect(await history(1, 6)).toEqual([]);
}, 120_000);
