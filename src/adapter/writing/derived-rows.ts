/** What is answered of a write beyond its outcome, and the rows that are made of it, for stores that see a row before and after in one step. */

import type { Mutation } from "../../model/mutation.ts";
import type { ImageOptions, StepOutcome, WriteOutcome } from "../adapter.ts";
import type { Derivations } from "../derivation.ts";

/** Undefined where nothing of it is asked, so that nobody looks further. */
export function imagingOf({ images, derive }: ImageOptions): ImageOptions | undefined {
  const isDeriving = derive !== undefined && derive.length > 0;
  return images || isDeriving ? { images: images === true, ...(isDeriving && { derive }) } : undefined;
}

/** As a member of a job, that is there only where something is asked. */
export function imagingIn(options: ImageOptions): { readonly imaging?: ImageOptions } {
  const imaging = imagingOf(options);
  return imaging ? { imaging } : {};
}

interface Deriving {
  readonly imaging: ImageOptions;
  readonly derivations: Derivations;
}

/**
 * Applies the rows that are made of an applied mutation, whose outcome has its images. Where the answer is not "applied", the mutation
 * and they have to be undone.
 */
export function withDerived(
  outcome: WriteOutcome,
  mutation: Mutation,
  deriving: Deriving,
  apply: (derived: Mutation) => WriteOutcome,
): WriteOutcome {
  const rows = derivedOf(outcome, mutation, deriving);
  if ("status" in rows) return rows;
  for (const row of rows) {
    const failure = failureOf(row, apply(row));
    if (failure) return failure;
  }
  return told(outcome, deriving.imaging);
}

/** The same, where the store is asked for each row. */
export async function withDerivedAsync(
  outcome: WriteOutcome,
  mutation: Mutation,
  deriving: Deriving,
  apply: (derived: Mutation) => Promise<WriteOutcome>,
): Promise<WriteOutcome> {
  const rows = derivedOf(outcome, mutation, deriving);
  if ("status" in rows) return rows;
  for (const row of rows) {
    const failure = failureOf(row, await apply(row));
    if (failure) return failure;
  }
  return told(outcome, deriving.imaging);
}

/** The rows to write, or the outcome where it is settled already. */
function derivedOf(
  outcome: WriteOutcome,
  mutation: Mutation,
  { imaging, derivations }: Deriving,
): readonly Mutation[] | WriteOutcome {
  if (outcome.status !== "applied" || !outcome.images) return outcome;
  try {
    return imaging.derive ? derivations.rowsOf(imaging.derive, mutation, outcome.images) : [];
  } catch (error) {
    return { status: "failed", error }; // its own write's, and nobody else's
  }
}

/** What a derived row that did not apply makes of its mutation. */
function failureOf(row: Mutation, own: WriteOutcome): WriteOutcome | undefined {
  if (own.status === "applied") return undefined;
  return own.status === "rejected" ? { ...own, derived: { entity: row.entity, key: row.key } } : own;
}

function told(outcome: WriteOutcome, { images }: ImageOptions): WriteOutcome {
  return images ? outcome : withoutImages(outcome);
}

/** As it is recorded: images are answered once. */
export function withoutImages<Outcome extends StepOutcome>(outcome: Outcome): Outcome {
  if (outcome.status !== "applied" || !outcome.images) return outcome;
  const { images: _, ...rest } = outcome;
  return rest as Outcome; // what is left is of the same kind
}
