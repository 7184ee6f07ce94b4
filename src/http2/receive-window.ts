/** What the peer may still send on the whole connection (RFC 9113, 6.9). */

import { ConnectionError, ERROR_CODE } from "./protocol.ts";

export class ReceiveWindow {
  readonly #size: number;
  #left: number;
  #unreturned = 0;

  constructor(size: number) {
    this.#size = size;
    this.#left = size;
  }

  /**
   * So many bytes have come. They are given back at once, whoever uses them when, because what streams hold is bounded by their
   * own windows; in one frame for half a window. Answers what is to be given back now, mostly 0.
   *
   * @throws ConnectionError where they are more than was allowed
   */
  take(bytes: number): number {
    this.#left -= bytes;
    if (this.#left < 0) throw new ConnectionError(ERROR_CODE.flowControl, "DATA exceeds the connection's window");
    this.#unreturned += bytes;
    if (this.#unreturned * 2 < this.#size) return 0;
    const back = this.#unreturned;
    this.#left += back;
    this.#unreturned = 0;
    return back;
  }
}
