/** Header blocks to heads. A block whose bytes came before, while the table has not changed since, is known by them. */

import type { FieldLimits } from "./hpack-decoder.ts";
import { HpackDecoder } from "./hpack-decoder.ts";
import { readHead, type MessageHead, type Role } from "./message-head.ts";

/** A head, and what its reader made of it. */
export interface ReadHead<Note> extends MessageHead {
  /** Made once for all blocks of the same bytes. */
  readonly note: Note;
}

export interface HeadReaderOptions<Note> {
  readonly role: Role;
  readonly limits: FieldLimits;
  /** Must depend on the head alone. Not asked for a head that is malformed or cut. */
  readonly note: (head: MessageHead) => Note;
}

/** Longer blocks, and more of them, would let a peer hold memory that it does not pay for. */
const longestKnown = 256;
const mostKnown = 16;

export class HeadReader<Note> {
  readonly #options: HeadReaderOptions<Note>;
  readonly #decoder: HpackDecoder;
  readonly #known = new Map<string, ReadHead<Note | undefined>>();
  #generation = 0;

  constructor(options: HeadReaderOptions<Note>) {
    this.#options = options;
    this.#decoder = new HpackDecoder(options.limits);
  }

  /** @throws ConnectionError when the block cannot be read */
  read(bytes: Buffer, start: number, end: number): ReadHead<Note | undefined> {
    if (end - start > longestKnown) return this.#decode(bytes, start, end);
    if (this.#generation !== this.#decoder.generation) {
      this.#known.clear();
      this.#generation = this.#decoder.generation;
    }
    const key = bytes.toString("latin1", start, end);
    const known = this.#known.get(key);
    if (known) return known;
    const head = this.#decode(bytes, start, end);
    if (this.#generation !== this.#decoder.generation) return head; // read again, it would change the table again
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.set(key, head);
    return head;
  }

  #decode(bytes: Buffer, start: number, end: number): ReadHead<Note | undefined> {
    const head = readHead(this.#decoder.decode(bytes, start, end), this.#options.role);
    const isReadable = !head.isMalformed && !head.section.isCut;
    return { ...head, note: isReadable ? this.#options.note(head) : undefined };
  }
}
