// All of duress, in the order of the table.
import { bigTable } from "./big-table.ts";
import { disk } from "./disk.ts";
import { file } from "./file.ts";
import type { Scenario } from "./scenario.ts";
import { sharing } from "./sharing.ts";
import { start } from "./start.ts";

export const scenarios: readonly Scenario[] = [...disk, ...file, ...start, ...sharing, bigTable(120)];
