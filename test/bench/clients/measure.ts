/** The process of one contestant: it is heated, driven, and tells what each call took. */

import { drive, type Measured } from "../drive.ts";
import { nth } from "../stage.ts";
import { openContestant, type ContestantName, type Places } from "./contestant.ts";

export interface ClientTask {
  readonly name: ContestantName;
  readonly places: Places;
  readonly ids: readonly string[];
  readonly flights: readonly number[];
  /** Milliseconds of each measurement. */
  readonly measured: number;
}

export interface ClientCell extends Measured {
  readonly name: ContestantName;
  readonly flights: number;
}

if (process.send) {
  const task: ClientTask = JSON.parse(process.argv[2] ?? "");
  process.send(await measure(task), () => process.disconnect());
}

/** CPU is that of the whole process: nothing else is in it. */
async function measure({ name, places, ids, flights, measured }: ClientTask): Promise<readonly ClientCell[]> {
  const contestant = await openContestant(name, places);
  const once = (n: number): ReturnType<typeof contestant.get> => contestant.get(nth(ids, n));
  await drive({ once, flights: 64, warm: 0, measured: measured * 2, serverCpu: undefined });
  const cells: ClientCell[] = [];
  for (const inFlight of flights) {
    const figures = await drive({ once, flights: inFlight, warm: measured / 3, measured, serverCpu: undefined });
    cells.push({ name, flights: inFlight, ...figures });
  }
  await contestant.close();
  return cells;
}
