/** A few of the random histories; `node test/conversion/histories.ts` runs 300, and kills some of their processes. */

import { expect, it } from "vitest";
import { history } from "./history.ts";

it.each([1, 2, 3, 4, 5])("seed %i: rows are what was written last, by number", async (seed) => {
  expect((await history(seed)).wrong).toEqual([]);
}, 300_000); // prettier-ignore
