/**
 * What one request may still ask of the decoder: a few hundred kilobytes can hold more tiny fields than can be decoded
 * without keeping every other call waiting. One meter goes with all readers of a request, and of what is packed in it,
 * so that cutting it up buys nothing.
 */

import { Fault } from "../../model/fault.ts";

const MOST_FIELDS = 50_000;
/** Of a field, its share in packed elements: these cost about a quarter. */
const FIELD = 4;
/** A record has room for every field of its message, set or not; of this, the share that one packed element may take. */
const SLOTS_SHIFT = 4;
const MOST = MOST_FIELDS * FIELD;

export class Meter {
  #left = MOST;

  /** In packed elements. */
  get spent(): number {
    return MOST - this.#left;
  }

  /** @throws Fault MESSAGE_TOO_COMPLEX, so also the two below */
  field(): void {
    if ((this.#left -= FIELD) < 0) throw tooComplex();
  }

  element(): void {
    if (--this.#left < 0) throw tooComplex();
  }

  /** A message, beside its fields: it is made, brought into normal form and stored as one more value. */
  record(fields: number): void {
    if ((this.#left -= FIELD + (fields >> SLOTS_SHIFT)) < 0) throw tooComplex();
  }
}

function tooComplex(): Fault {
  return new Fault(
    "MESSAGE_TOO_COMPLEX",
    `A request may hold ${MOST_FIELDS} fields and messages, or ${MOST} packed elements; split it into smaller ones.`,
  );
}
