/** The page of plans is what a person is shown of changes over rows in a real file. `vitest -u` writes it anew. */

import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { plansPage } from "./plans-page.ts";

it("plans as people read them", async () => {
  const page = fileURLToPath(new URL("../../../src/migration/PLANS.md", import.meta.url));
  await expect(plansPage()).toMatchFileSnapshot(page);
});
