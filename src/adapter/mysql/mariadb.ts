/** What the registry opens for `mariadb:`. */

import { opening } from "./open.ts";
import { MARIADB } from "./flavour.ts";
import { settingsCheck } from "./settings.ts";
import type { CheckSettings, OpenAdapter } from "../opening.ts";

export const open: OpenAdapter = opening(MARIADB);
export const checkSettings: CheckSettings = settingsCheck(MARIADB);
export { memory } from "./open.ts";
export { mysqlAbilities as abilities } from "./abilities.ts";
