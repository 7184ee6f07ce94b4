/** How many of the rows that it is asked about a filter passes, as it was seen, and how far a window looks by that. */

/** The share of a filter's rows that it passes, by its text: whatever values it is asked with. */
export class PassingShares {
  readonly #known = new Map<string, number>();

  /** Between 0, which it never is, and 1. */
  of({ sql, isVisibility }: PassingFilter): number {
    return this.#known.get(sql) ?? (isVisibility ? 1 : UNKNOWN);
  }

  /** @param looked rows that were looked at, about; at least one */
  saw({ sql }: PassingFilter, passed: number, looked: number): void {
    const share = Math.min(Math.max(passed, NONE) / looked, 1);
    if (this.#known.size >= KEPT) this.#known.clear();
    this.#known.set(sql, ((this.#known.get(sql) ?? share) + share) / 2);
  }
}

export interface PassingFilter {
  readonly sql: string;
  /** Whether it drops nothing but soft-deleted and expired rows. */
  readonly isVisibility: boolean;
}

const KEPT = 128;

/** What a filter that nobody has asked with yet may pass. */
const UNKNOWN = 0.5;

/** What none of some rows counts as: more of them might have held one. */
const NONE = 0.5;

/** Rows that may come back in vain, at least. */
const IN_VAIN = 64;

/** Numbers of rows are rounded up, so that the texts of statements come again. */
const STEP = 16;

/** @param wanted rows that the filter passes */
export function rowsToLookAt(
  wanted: number,
  share: number,
): { readonly examined: number; /** Whether all may come back. */ readonly all: boolean } {
  // Twice the spread: a page that comes out short is read once more.
  const spare = (wanted + 2 * Math.sqrt(wanted * (1 - share))) / share - wanted;
  const examined = wanted + Math.ceil(spare / STEP) * STEP;
  if (examined <= Math.max(2 * wanted, IN_VAIN)) return { examined, all: true };
  return { examined: 2 ** Math.ceil(Math.log2((2 * wanted) / share)), all: false };
}
