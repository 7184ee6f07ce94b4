/** The page of changes says what the planner answers. `vitest -u` writes it anew. */

import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { page } from "./page.ts";

it("changing a schema", async () => {
  await expect(page()).toMatchFileSnapshot(
    fileURLToPath(new URL("../../../src/migration/CHANGING.md", import.meta.url)),
  );
});
