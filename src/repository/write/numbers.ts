/** Numbers that the store gives out (GENERATE_SEQUENCE): as many as a request's writes lack, asked for before anything is prepared. */

import type { Call } from "../../model/call.ts";
import type { Field } from "../../model/field.ts";
import type { Scope } from "../scope.ts";
import type { WriteRequest } from "./prepare.ts";
import { lacksValue } from "./validate-entity.ts";

/** A scope that has them; the same one where nothing is lacking. One that is left over is nobody's. */
export async function withNumbers(scope: Scope, writes: readonly WriteRequest[], call: Call): Promise<Scope> {
  const { adapter, entity, layout } = scope;
  const numbers = adapter.numbers?.bind(adapter);
  const lacking = layout.generated
    .filter(({ generate }) => generate === "sequence")
    .map((field) => ({ field, count: writes.filter((write) => lacks(scope, field, write)).length }))
    .filter(({ count }) => count > 0);
  if (lacking.length === 0 || !numbers) return scope;
  const given = await Promise.all(
    lacking.map(async ({ field, count }) => {
      const list = await numbers({ entity, ordinal: field.ordinal, count }, call);
      return [field.ordinal, list.values()] as const;
    }),
  );
  const left = new Map(given);
  const nextNumber = (ordinal: number): bigint => left.get(ordinal)?.next().value ?? 0n;
  return { ...scope, nextNumber };
}

/** Whether a write may insert a row, and says nothing of the field. */
function lacks({ layout }: Scope, field: Field, write: WriteRequest): boolean {
  if (write.kind === "delete" || write.kind === "undelete" || write.request.validateOnly) return false;
  const isKey = layout.isKey.has(field.ordinal);
  if (isKey && write.kind !== "create") return false;
  if (write.kind === "update" && !write.request.allowMissing) return false;
  const { entity } = write.request;
  return entity !== undefined && lacksValue(field, isKey, entity[field.ordinal]);
}
