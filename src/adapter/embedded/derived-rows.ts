/** What is told of a write beyond its outcome, and the rows that are made of it, for stores that decide in this process. */

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

/**
 * Applies the rows that are made of an applied mutation, which tells its images. Where the answer is not "applied", the mutation
 * and they have to be undone.
 */
export function withDerived(
  outcome: WriteOutcome,
  mutation: Mutation,
  { imaging, derivations }: { readonly imaging: ImageOptions; readonly derivations: Derivations },
  apply: (derived: Mutation) => WriteOutcome,
): WriteOutcome {
  if (outcome.status !== "applied" || !outcome.images) return outcome;
  let derived: readonly Mutation[];
  try {
    derived = imaging.derive ? derivations.rowsOf(imaging.derive, mutation, outcome.images) : [];
  } catch (error) {
    return { status: "failed", error }; // its own write's, and nobody else's
  }
  for (const row of derived) {
    const own = apply(row);
    if (own.status === "rejected") return { ...own, derived: { entity: row.entity, key: row.key } };
    if (own.status !== "applied") return own;
  }
  return imaging.images ? outcome : withoutImages(outcome);
}

/** As it is recorded: images are told once. */
export function withoutImages<Outcome extends StepOutcome>(outcome: Outcome): Outcome {
  if (outcome.status !== "applied" || !outcome.images) return outcome;
  const { images: _, ...rest } = outcome;
  return rest as Outcome; // what is left is of the same kind
}
