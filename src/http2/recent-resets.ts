/** Streams that we reset lately: what the peer sent before it knew is passed over (RFC 9113, 5.4.2). */

import { TransientSet } from "../containers/transient-set.ts";

const most = 1_024;

export class RecentResets {
  readonly #ids = new TransientSet<number>();

  add(id: number): void {
    const oldest = this.#ids.first;
    if (oldest !== undefined && this.#ids.size >= most) this.#ids.delete(oldest);
    this.#ids.add(id);
  }

  has(id: number): boolean {
    return this.#ids.has(id);
  }
}
