/** Keeps writes out while reads that need one state are under way. */

import { turn } from "./pace.ts";

export interface Gate {
  /** Runs `reads` while nothing is written. Waits behind writes that wait already. */
  closedFor<Result>(reads: () => Promise<Result>): Promise<Result>;
  /** Resolves, in the same turn as what follows it, when nothing keeps writes out. */
  pass(): Promise<void>;
}

export function createGate(): Gate {
  let reading = 0;
  let waiting: (() => void)[] = [];
  const open = (): void => {
    const passing = waiting;
    waiting = [];
    for (const resolve of passing) resolve();
  };
  return {
    closedFor: async (reads) => {
      while (waiting.length > 0) await turn();
      reading += 1;
      try {
        return await reads();
      } finally {
        reading -= 1;
        if (reading === 0) open();
      }
    },
    pass: async () => {
      while (reading > 0) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}
