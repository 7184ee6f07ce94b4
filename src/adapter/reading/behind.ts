/**
 * What of a range comes behind a position. The range fixes some terms of the order in which rows are delivered, and the position may be
 * a row of another range. How it is said, as bytes or as conditions, is the store's.
 */

export interface Cut<Term> {
  /** The terms that the range leaves open, in order, as far as they decide: those before the first fixed one that differs. */
  readonly open: readonly Term[];
  /** Whether the rows that are equal to the position in all of `open` come behind it; if not, none of them does. */
  readonly areEqualBehind: boolean;
}

/**
 * @param order the order of delivery, complete
 * @param fixed of a term that the range fixes: how the range's value lies to the position's in the order, above 0 behind it; else undefined
 */
export function cutBehind<Term>(order: readonly Term[], fixed: (term: Term) => number | undefined): Cut<Term> {
  const open: Term[] = [];
  for (const term of order) {
    const compared = fixed(term);
    if (compared === undefined) open.push(term);
    // All rows that are equal so far come behind the position, or none does.
    else if (compared !== 0) return { open, areEqualBehind: compared > 0 };
  }
  return { open, areEqualBehind: false };
}

/** Rows that are equal to the position in some terms, and behind it in the next one. */
export interface Piece<Term> {
  readonly equal: readonly Term[];
  /** Undefined: whatever follows. */
  readonly beyond: Term | undefined;
}

/** The same as parts that each are contiguous, in the order of delivery. */
export function piecesOf<Term>({ open, areEqualBehind }: Cut<Term>): readonly Piece<Term>[] {
  const pieces = open.map((beyond, i) => ({ equal: open.slice(0, i), beyond })).toReversed();
  return areEqualBehind ? [{ equal: open, beyond: undefined }, ...pieces] : pieces;
}
