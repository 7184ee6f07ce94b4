/** Segments of a scan, read side by side: each from its own position, its frames as they come, all positions in every frame's token. */

import type { SegmentPosition } from "../pages/page-position.ts";

export interface SegmentFrame<Frame> {
  readonly index: number;
  /** The segment's position behind the frame. */
  readonly next: SegmentPosition;
  /** It cannot be read further now: left to whoever continues. */
  readonly stopped: boolean;
  readonly frame: Frame;
}

export interface Segments<Frame> {
  readonly positions: readonly SegmentPosition[];
  /** Most of them that are read at one time. */
  readonly width: number;
  /** One frame of a segment. Where it rejects, the segment is left at its position. */
  read(index: number, from: SegmentPosition): Promise<SegmentFrame<Frame>>;
  /** Nobody wants what is under way. */
  end(): void;
}

/**
 * Each segment has one frame under way or waiting for whoever pulls, and no more. With a frame come the positions of all segments,
 * as far as their frames were delivered: what is under way is not in them, and is read again by whoever continues.
 */
export async function* readSegments<Frame>(
  segments: Segments<Frame>,
): AsyncGenerator<{ readonly frame: Frame; readonly positions: readonly SegmentPosition[] }, void, undefined> {
  const positions = [...segments.positions];
  const waiting = [...positions.entries()].filter(([, { done }]) => !done).map(([index]) => index);
  const underWay = new Map<number, Promise<SegmentFrame<Frame>>>();
  try {
    while (waiting.length > 0 || underWay.size > 0) {
      while (underWay.size < segments.width) {
        const index = waiting.shift();
        const from = index === undefined ? undefined : positions[index];
        if (index === undefined || !from) break;
        underWay.set(index, segments.read(index, from));
      }
      const { index, next, stopped, frame } = await Promise.race(underWay.values());
      underWay.delete(index);
      positions[index] = next;
      if (!next.done && !stopped) waiting.push(index);
      yield { frame, positions: [...positions] };
    }
  } finally {
    segments.end();
    await Promise.allSettled(underWay.values());
  }
}
