/** What the two directions of a connection share: its streams and how they end, its sending half, what its peer may cost. */

import type { ConnectionOptions } from "./connection-events.ts";
import { Floods } from "./floods.ts";
import { Sender } from "./sender.ts";
import { StreamEnds } from "./stream-ends.ts";
import { StreamTable } from "./stream-table.ts";

export interface ConnectionParts<Note, Owner> {
  readonly options: ConnectionOptions<Note, Owner>;
  readonly streams: StreamTable<Owner>;
  readonly ends: StreamEnds<Owner>;
  readonly sender: Sender<Owner>;
  readonly floods: Floods;
}

export function createParts<Note, Owner>(options: ConnectionOptions<Note, Owner>): ConnectionParts<Note, Owner> {
  const { role, settings, pool, events, now } = options;
  const streams = new StreamTable<Owner>(role, settings);
  const sender: Sender<Owner> = new Sender<Owner>(pool, {
    drained: (stream) => events.drained(stream),
    localEnded: (stream) => ends.localEnded(stream),
  });
  const floods = new Floods(now, () => sender.contentSent);
  const ends = new StreamEnds<Owner>({
    role,
    streams,
    sender,
    floods,
    closed: (stream, code) => events.closed(stream, code),
  });
  return { options, streams, ends, sender, floods };
}
