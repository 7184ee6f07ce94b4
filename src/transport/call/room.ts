/**
 * The bytes in flight: what calls hold, and what is set aside for those that may come to hold much. Whoever needs more than is
 * left waits for others to end, in the order of coming.
 */

import { TransientSet } from "../../containers/transient-set.ts";
import type { Call } from "../../model/call.ts";
import type { TransportLimits } from "../transport.ts";

interface Waiting {
  readonly bytes: number;
  readonly settle: (isGranted: boolean) => void;
}

export class Room {
  readonly #limits: Pick<TransportLimits, "bytesInFlight">;
  readonly #waiting = new TransientSet<Waiting>();
  #held = 0;
  #reserved = 0;

  /** @param limits may change */
  constructor(limits: Pick<TransportLimits, "bytesInFlight">) {
    this.#limits = limits;
  }

  /** Of requests and answers; without what is set aside, of which most is never needed. */
  get held(): number {
    return this.#held;
  }

  hold(bytes: number): void {
    this.#held += bytes;
  }

  release(bytes: number): void {
    this.#held -= bytes;
    this.#letIn();
  }

  /** False where there is no room now, or others wait for it. While there is any room, one gets what it needs. */
  take(bytes: number): boolean {
    if (this.#waiting.size > 0 || !this.#fits(bytes)) return false;
    this.#reserved += bytes;
    return true;
  }

  /** Resolves to false where the call ended while it waited. */
  wait(bytes: number, call: Call): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting: Waiting = {
        bytes,
        settle: (isGranted) => {
          this.#waiting.delete(waiting);
          forget();
          resolve(isGranted);
        },
      };
      this.#waiting.add(waiting);
      const forget = call.onAbort(() => {
        this.#waiting.delete(waiting);
        resolve(false);
        this.#letIn();
      });
    });
  }

  giveBack(bytes: number): void {
    this.#reserved -= bytes;
    this.#letIn();
  }

  #fits(bytes: number): boolean {
    const { bytesInFlight } = this.#limits;
    return (
      this.#held <= bytesInFlight && (this.#reserved === 0 || this.#held + this.#reserved + bytes <= bytesInFlight)
    );
  }

  #letIn(): void {
    for (let waiting = this.#waiting.first; waiting; waiting = this.#waiting.first) {
      if (!this.#fits(waiting.bytes)) return;
      this.#reserved += waiting.bytes;
      waiting.settle(true);
    }
  }
}

/** What one call has set aside. */
export class Reservation {
  readonly #room: Room;
  #bytes = 0;
  #isOver = false;

  constructor(room: Room) {
    this.#room = room;
  }

  /** In the place of what it had. Undefined where there is room at once; also resolves when the call ends. */
  set(bytes: number, call: Call): Promise<void> | undefined {
    this.#clear();
    if (bytes === 0 || this.#isOver || call.aborted) return undefined;
    if (!this.#room.take(bytes)) return this.#wait(bytes, call);
    this.#bytes = bytes;
    return undefined;
  }

  async #wait(bytes: number, call: Call): Promise<void> {
    if (!(await this.#room.wait(bytes, call))) return;
    if (this.#isOver) this.#room.giveBack(bytes);
    else this.#bytes = bytes;
  }

  /** The call is over, or its answer is counted by now. */
  end(): void {
    this.#isOver = true;
    this.#clear();
  }

  #clear(): void {
    const bytes = this.#bytes;
    this.#bytes = 0;
    if (bytes > 0) this.#room.giveBack(bytes);
  }
}
