// Sends bytes to a server and hears what comes back, until it has been quiet for a while.
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";

export interface Heard {
  readonly bytes: Buffer;
  /** Whether the server closed. */
  readonly isClosed: boolean;
}

/** Milliseconds without a word after which nothing more is awaited. */
const quiet = 150;
/** Turns of the loop that must bring nothing, too: on a busy machine time passes while nobody reads. */
const quietTurns = 20;

/** `pieces` are written one after the other, each in a turn of its own. */
export async function replay(address: string, pieces: readonly Buffer[]): Promise<Heard> {
  const [host = "", port = ""] = address.split(":");
  const socket = connect({ host, port: Number(port), noDelay: true });
  const parts: Buffer[] = [];
  const over = Promise.withResolvers<boolean>();
  const settle = async (): Promise<void> => {
    const heard = parts.length;
    for (let turn = 0; turn < quietTurns; turn += 1) await setImmediate();
    if (parts.length > heard) timer.refresh();
    else over.resolve(false);
  };
  const timer = setTimeout(() => void settle(), quiet);
  socket.on("data", (bytes) => {
    parts.push(bytes);
    timer.refresh();
  });
  socket.on("error", () => {}); // a reset is a way to close
  socket.on("close", () => over.resolve(true));
  await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
  for (const piece of pieces) {
    if (socket.destroyed) break;
    timer.refresh();
    await new Promise((resolve) => socket.write(piece, resolve));
  }
  const isClosed = await over.promise;
  clearTimeout(timer);
  socket.destroy();
  return { bytes: Buffer.concat(parts), isClosed };
}
