/** Streams that we reset lately: what the peer sent before it knew is passed over (RFC 9113, 5.4.2). */

const most = 1_024;

export class RecentResets {
  readonly #ids = new Set<number>();

  add(id: number): void {
    if (this.#ids.size >= most) for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      break;
    } // prettier-ignore
    this.#ids.add(id);
  }

  has(id: number): boolean {
    return this.#ids.has(id);
  }
}
