/** What the registry opens for `tidb:`. */

import type { CheckSettings, OpenAdapter } from "../opening.ts";
import { opening } from "../mysql/open.ts";
import { settingsCheck } from "../mysql/settings.ts";
import { tidbDialect } from "./dialect.ts";
import { TIDB } from "./flavour.ts";

export const open: OpenAdapter = opening(TIDB, {
  dialect: tidbDialect,
  // The server has no SERIALIZABLE, and its foreign keys are not relied on.
  capabilities: { isolation: { supported: true, values: ["snapshot"] }, references: { supported: false } },
});
export const checkSettings: CheckSettings = settingsCheck(TIDB);
export { memory } from "../mysql/open.ts";
export { mysqlAbilities as abilities } from "../mysql/abilities.ts";
