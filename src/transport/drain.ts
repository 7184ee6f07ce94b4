/** How a transport stops, whatever it is built on. */

import { setTimeout as wait } from "node:timers/promises";
import type { AbortReason } from "../model/call.ts";

/** What stops, and how it is asked to. */
export interface Draining {
  readonly calls: {
    readonly size: number;
    /** Resolves when none is open. */
    empty(): Promise<void>;
    abortAll(reason: AbortReason): void;
    /** Only those that last as long as their clients like. */
    abortWaiting(reason: AbortReason): void;
  };
  /** Takes no new connections, and tells those there are to bring no new calls, where the protocol has words for it. */
  readonly begin: () => void;
  /** Takes no new calls; connections close when theirs have ended, at the latest after so many milliseconds. */
  readonly goAway: (left: number) => void;
}

/** The part of the grace in which calls that still come are answered; its most milliseconds, and its least: for those that are on their way. */
const noticeShare = 0.1;
const longestNotice = 1_000;
const leastNotice = 50;
/** The part of the grace that the statuses of ended calls get to leave, and its most milliseconds. */
const lastWordsShare = 0.5;
const longestLastWords = 5_000;

/**
 * No new connections, and calls that still come are refused with the reason; then none are taken, and those there are run to their end. What
 * still runs near the end of the grace is ended, in time for its status to reach readers who have taken nothing for a while: it
 * queues behind the frames that are on their way.
 */
export async function drainCalls({ calls, begin, goAway }: Draining, grace: number): Promise<void> {
  const notice = Math.min(grace * noticeShare, longestNotice);
  const words = Math.min(grace * lastWordsShare, longestLastWords);
  begin();
  calls.abortWaiting("draining");
  await Promise.all([wait(Math.min(notice, leastNotice)), emptyWithin(calls, notice)]);
  goAway(grace - notice);
  await emptyWithin(calls, grace - notice - words);
  if (calls.size === 0) return;
  calls.abortAll("draining");
  await emptyWithin(calls, words);
}

async function emptyWithin(calls: Draining["calls"], milliseconds: number): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, milliseconds);
  await Promise.race([calls.empty(), over.promise]);
  clearTimeout(timer);
}
