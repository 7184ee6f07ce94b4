/** Whether a store keeps values of two types alike, so that it need not write them anew. */

import type { FieldType } from "../model/field.ts";
import { typeDifferences } from "./type-change.ts";

export interface Forms {
  /** From → to: other kinds whose values lie there just so. */
  readonly alike: { readonly [Kind in FieldType["kind"]]?: readonly FieldType["kind"][] };
  /** Of one scale. */
  readonly isSameDecimal: (from: FieldType & { kind: "decimal" }, to: FieldType & { kind: "decimal" }) => boolean;
}

/** Of stores that keep lists, maps and messages by field numbers. */
export function sameForm({ alike, isSameDecimal }: Forms): (from: FieldType, to: FieldType) => boolean {
  return (from, to) => {
    if (from.kind === "decimal" && to.kind === "decimal") return from.scale === to.scale && isSameDecimal(from, to);
    if (isDocument(from) || isDocument(to))
      return from.kind === to.kind && typeDifferences(from, to).every(({ verdict }) => KEPT.has(verdict.kind));
    return from.kind === to.kind || alike[from.kind]?.includes(to.kind) === true;
  };
}

const KEPT: ReadonlySet<string> = new Set(["renamed", "added", "left"]);

function isDocument({ kind }: FieldType): boolean {
  return kind === "list" || kind === "map" || kind === "message";
}
