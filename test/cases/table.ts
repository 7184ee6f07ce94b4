// The one table of bad inputs: every row's input in our words, where it is tested, and the code and reason it must get.
import { ENVIRONMENT_ROWS } from "./table/environment.ts";
import { FRAME_ROWS } from "./table/frame.ts";
import { PROTOBUF_ROWS } from "./table/protobuf.ts";
import { SEMANTIC_ROWS } from "./table/semantic.ts";
import { WIRE_ROWS } from "./table/wire.ts";
import type { Expectation, Row, Rows } from "./row.ts";

/** Rows are numbered from 1. */
export const LAST_ROW = 88;

export const TABLE: Rows = {
  ...WIRE_ROWS,
  ...FRAME_ROWS,
  ...PROTOBUF_ROWS,
  ...SEMANTIC_ROWS,
  ...ENVIRONMENT_ROWS,
};

/** What the table says of a fact. @throws when it says nothing */
export function expected(row: number, fact: string): Expectation {
  const found = rowOf(row).facts[fact];
  if (!found) throw new Error(`row ${row} of the table has no fact "${fact}"`);
  return found;
}

export function rowOf(row: number): Row {
  const found = TABLE[row];
  if (!found) throw new Error(`the table has no row ${row}`);
  return found;
}
