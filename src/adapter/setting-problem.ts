/** What is wrong with a store's settings, as the failure of its opening. */

import { Fault } from "../model/fault.ts";
import type { SettingProblem, StoreSettings } from "./opening.ts";

/** @throws Fault that says the first of the problems; `checkSettings` has them all */
export function refuseProblems({ store }: StoreSettings, [problem]: readonly SettingProblem[]): void {
  if (problem) throw new Fault("FIELD_INVALID", `store ${store}: the setting ${problem.setting} ${problem.reason}`);
}
