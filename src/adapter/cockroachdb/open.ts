/** What the registry opens for `cockroachdb:`. */

import type { StoreAbilities } from "../../migration/plan.ts";
import type { CheckSettings, OpenAdapter } from "../opening.ts";
import { postgresqlAbilities } from "../postgresql/abilities.ts";
import { opening } from "../postgresql/open.ts";
import { settingsCheck } from "../postgresql/settings.ts";
import { cockroachCatalog } from "./catalog.ts";
import { cockroachDialect } from "./dialect.ts";
import { cockroachFailures } from "./failure.ts";
import { COCKROACHDB } from "./flavour.ts";

export const abilities: StoreAbilities = {
  ...postgresqlAbilities,
  locks: {
    ...postgresqlAbilities.locks,
    additive: "nobody",
    index: "nobody: it is built beside readers and writers",
  },
};

export const open: OpenAdapter = opening(COCKROACHDB, {
  dialect: cockroachDialect,
  catalog: cockroachCatalog,
  failures: cockroachFailures,
  abilities,
});
export const checkSettings: CheckSettings = settingsCheck(COCKROACHDB);
export { memory } from "../postgresql/open.ts";
