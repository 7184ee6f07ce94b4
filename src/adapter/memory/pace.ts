/** Gives the event loop a turn whenever enough has been done, since nothing here ever waits by itself. */

export interface Pace {
  /** Resolves at once, or after other work had its turn. */
  spend(work: number): Promise<void>;
}

/** In rows looked at, of which a thousand take about a millisecond. */
const WORK_PER_TURN = 2_000;

export function createPace(): Pace {
  let spent = 0;
  return {
    spend: async (work) => {
      spent += work;
      if (spent < WORK_PER_TURN) return;
      spent = 0;
      await turn();
    },
  };
}

export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
