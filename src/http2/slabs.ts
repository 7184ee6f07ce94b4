/** Buffers that are written into and given back, shared by all connections: a connection that sends nothing holds none. */

const small = 4_096;
const large = 65_536;

export interface SlabPool {
  /** Has at least `bytes`, of which there may be 65,536 at most. */
  take(bytes: number): Buffer;
  /** Must not be used afterwards. */
  give(slab: Buffer): void;
}

/** `most`: bytes of unused slabs that are kept. */
export function createSlabPool(most: number): SlabPool {
  const smalls: Buffer[] = [];
  const larges: Buffer[] = [];
  let kept = 0;
  return {
    take: (bytes) => {
      const size = bytes <= small ? small : large;
      const found = (size === small ? smalls : larges).pop();
      if (!found) return Buffer.allocUnsafeSlow(size);
      kept -= size;
      return found;
    },
    give: (slab) => {
      if (kept + slab.length > most) return;
      kept += slab.length;
      (slab.length === small ? smalls : larges).push(slab);
    },
  };
}

/** The part of a slab that is to be sent. */
export interface Part {
  readonly slab: Buffer;
  readonly length: number;
}

/** What a connection has to say, in slabs, until it is taken. */
export class Output {
  readonly #pool: SlabPool;
  #full: Part[] = [];
  #fullBytes = 0;
  /** The one that is written into; empty where there is none. */
  #slab: Buffer = none;
  /** Where the next byte belongs; whoever wrote some moves it on. */
  at = 0;

  constructor(pool: SlabPool) {
    this.#pool = pool;
  }

  /** Bytes that are not taken. */
  get length(): number {
    return this.#fullBytes + this.at;
  }

  /** Answers the buffer to write into from `at` on; it has room for `bytes` more, at most 65,536. */
  room(bytes: number): Buffer {
    if (this.#slab.length - this.at >= bytes) return this.#slab;
    const isFirst = this.at === 0 && this.#full.length === 0;
    this.#seal();
    this.#slab = this.#pool.take(isFirst ? bytes : large);
    return this.#slab;
  }

  /** All there is, in order; each slab is to be given back to the pool when it has left. */
  take(): readonly Part[] {
    this.#seal();
    const parts = this.#full;
    this.#full = [];
    this.#fullBytes = 0;
    return parts;
  }

  #seal(): void {
    if (this.at > 0) {
      this.#full.push({ slab: this.#slab, length: this.at });
      this.#fullBytes += this.at;
    } else if (this.#slab !== none) this.#pool.give(this.#slab);
    this.#slab = none;
    this.at = 0;
  }
}

const none = Buffer.alloc(0);
