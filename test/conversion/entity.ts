// The entity whose rows are converted, before and after.
import type { EntityModel } from "../../src/model/entity.ts";
import { entityOf, type FieldRow } from "../unit/migration/entities.ts";

function orders(scale: number): EntityModel {
  const rows: readonly FieldRow[] = [
    [1, "id", { kind: "int64" }],
    [2, "total", { kind: "decimal", precision: 10 + scale, scale }],
    [3, "note", { kind: "string" }],
    [4, "customer", { kind: "string" }],
  ];
  return entityOf({
    name: "t.Order",
    table: "orders",
    fields: rows,
    indexes: [{ name: "by_customer", fields: ["customer"] }],
  });
}

export const before: EntityModel = orders(2);
export const after: EntityModel = orders(4);
