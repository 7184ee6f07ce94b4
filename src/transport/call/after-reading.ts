/** Timers on peers: what one waits for may have come while the loop was held up, and only not been read. */

/** For a timer: `look` runs once the sockets have been read, in the same turn of the loop. */
export function afterReading(look: () => void): () => void {
  return () => void setImmediate(look);
}
