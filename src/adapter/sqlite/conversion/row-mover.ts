/** Rows of a table under one contract as rows of a table under the next. */

import { commonType } from "../../../migration/common-type.ts";
import { fieldConverter } from "../../../migration/convert-field.ts";
import { typeDifferences } from "../../../migration/type-change.ts";
import type { Field } from "../../../model/field.ts";
import type { SqlValue } from "../../sql/sql-value.ts";
import { carryUnread } from "../../document/document.ts";
import type { Column } from "../../sql/storage.ts";
import { bound } from "../../sql/row.ts";
import type { Table } from "../../sql/table.ts";
import { columnOf } from "../tables/table.ts";

/** A row that has no counterpart under the next contract. */
export class Misfit extends Error {
  override readonly name = "Misfit";
  /** Name of the field. */
  readonly field: string;

  constructor(field: string) {
    super(`a value of ${field} does not fit`);
    this.field = field;
  }
}

export interface RowMover {
  /** From all columns of the one to all of the other, each by ordinal. @throws Misfit */
  row(row: readonly SqlValue[]): SqlValue[];
  /** From the key's columns of the one to those of the other. @throws Misfit */
  key(key: readonly SqlValue[]): SqlValue[];
}

type Move = (row: readonly SqlValue[]) => SqlValue;

/** @param earlier types by number whose names may be in documents; see `documentCodec` */
export function rowMover(from: Table, to: Table, earlier: (number: number) => Field["type"] | undefined): RowMover {
  const moves = to.columns.map((column) => moveOf(from.columns, column, earlier));
  const keys = to.key.map((column) => moveOf(from.key, column, earlier));
  return { row: (row) => moves.map((move) => move(row)), key: (key) => keys.map((move) => move(key)) };
}

function moveOf(from: readonly Column[], to: Column, earlier: (number: number) => Field["type"] | undefined): Move {
  const at = from.findIndex(({ field }) => field.number === to.field.number);
  const source = from[at];
  if (!source) return () => bound(to, to.absent);
  const differs = typeDifferences(source.field.type, to.field.type).length > 0;
  if (!differs && source.field.presence === to.field.presence) return (row) => row[at] ?? null;
  const known: Field = { ...source.field, type: commonType(source.field.type, to.field.type) };
  const column = columnOf(known, source.notNull, earlier(known.number));
  const convert = fieldConverter(known, to.field, carryUnread);
  return (row) => {
    const stored = row[at] ?? null;
    const converted = convert(stored === null ? column.absent : column.read(stored));
    if (!converted.fits) throw new Misfit(to.field.name);
    return bound(to, converted.value);
  };
}
