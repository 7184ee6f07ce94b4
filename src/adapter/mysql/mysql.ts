/** What the registry opens for `mysql:`. */

import { opening } from "./open.ts";
import { MYSQL } from "./flavour.ts";
import { settingsCheck } from "./settings.ts";
import type { CheckSettings, OpenAdapter } from "../opening.ts";

export const open: OpenAdapter = opening(MYSQL);
export const checkSettings: CheckSettings = settingsCheck(MYSQL);
export { memory } from "./open.ts";
export { mysqlAbilities as abilities } from "./abilities.ts";
