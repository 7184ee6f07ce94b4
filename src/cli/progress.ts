/** How far long work has come: count, rate, time left. */

import type { CommandContext } from "./command.ts";

export interface Progress {
  at(done: number, total: number): void;
  /** What it came to, in one line. */
  end(): void;
}

/** Milliseconds between two lines: a terminal is looked at, a file is read later. */
const OFTEN = 1_000;
const SELDOM = 10_000;

export function createProgress({ print, complain, flags, isTerminal }: CommandContext, subject: string): Progress {
  const began = performance.now();
  const isJson = flags.has("json");
  let told = began;
  let first: number | undefined;
  let most = 0;
  return {
    at: (done, total) => {
      first ??= done;
      most = Math.max(most, done);
      const now = performance.now();
      if (now - told < (isTerminal ? OFTEN : SELDOM)) return;
      told = now;
      const seconds = (now - began) / 1_000;
      const rate = Math.round((done - first) / seconds);
      const left = rate > 0 ? Math.ceil((total - done) / rate) : undefined;
      if (isJson) print(JSON.stringify({ subject, done, total, rate, left }));
      else
        complain(
          `pannier: ${subject}: ${done} of ${total} rows, ${rate} a second${left === undefined ? "" : `, ${left} s left`}\n`,
        );
    },
    end: () => {
      const done = most;
      const seconds = Number(((performance.now() - began) / 1_000).toFixed(1));
      if (isJson) print(JSON.stringify({ subject, done, seconds, finished: true }));
      else print(`${subject}: done${done > 0 ? `, ${done} rows in ${seconds} s` : ""}`);
    },
  };
}
