/** Every clause about opening with its faults: where a store lies, opening again, tables, other processes, kills, syncs, sweeping. */

import type { OpeningClause, OpeningFault } from "./opening-clause.ts";
import * as relativePath from "./relative-path.ts";
import * as openAgain from "./open-again.ts";
import * as reopened from "./reopened.ts";
import * as reopenedRows from "./reopened-rows.ts";
import * as indexFilled from "./index-filled.ts";
import * as tablesAuto from "./tables-auto.ts";
import * as tablesCheck from "./tables-check.ts";
import * as tablesOff from "./tables-off.ts";
import * as inspected from "./inspected.ts";
import * as secondProcess from "./second-process.ts";
import * as killed from "./killed.ts";
import * as synced from "./synced.ts";
import * as swept from "./swept.ts";

interface Proven {
  readonly clause: OpeningClause;
  readonly faults: readonly OpeningFault[];
}

export const openingClauses: readonly Proven[] = [
  relativePath,
  openAgain,
  reopenedRows,
  reopened,
  indexFilled,
  tablesAuto,
  tablesCheck,
  tablesOff,
  inspected,
  secondProcess,
  killed,
  synced,
  swept,
];

export const openingFaults: readonly OpeningFault[] = openingClauses.flatMap(({ faults }) => faults);
