/** The family's tables and columns in SQLite's spelling. */

import type { EntityModel } from "../../../model/entity.ts";
import type { Field, FieldType } from "../../../model/field.ts";
import { columnOf as columnIn } from "../../sql/column.ts";
import type { Column } from "../../sql/storage.ts";
import { tableOf as tableIn, type Layout, type Table } from "../../sql/table.ts";
import { sqliteDialect } from "../dialect.ts";

export function tableOf(model: EntityModel, layout?: Layout): Table {
  return tableIn(sqliteDialect, model, layout);
}

/** @param earlier see `documentCodec` */
export function columnOf(field: Field, isKey: boolean, earlier?: FieldType): Column {
  return columnIn(sqliteDialect, field, { isKey, isIndexed: isKey }, earlier);
}
