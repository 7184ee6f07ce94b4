/** A conversion that is under way, as the file remembers it: what it is for, where its tables are, how far it has come. */

import { contractText, parseContract } from "../../../migration/contract-text.ts";
import { ContractError, parseObject, Reader } from "../../../migration/contract-reader.ts";
import type { Contract } from "../../../migration/contract.ts";
import type { SqlValue } from "../../sql/sql-value.ts";
import type { Connection } from "../connection.ts";
import { CONVERSIONS } from "../tables/meta.ts";

export interface ConversionState {
  readonly entity: string;
  /** Of the entity it is done for, and the revision it starts from: for another it is undone. */
  readonly digest: string;
  readonly revision: number;
  readonly accept: string;
  readonly target: Contract;
  /** `copy`: rows go to the new table; `clean`: the new table is in place, and the old one is emptied. */
  readonly phase: "copy" | "clean";
  /** Key of the row copied last; undefined before the first, `end` after the last. */
  readonly cursor: readonly SqlValue[] | "end" | undefined;
  readonly copied: number;
  readonly total: number;
}

/** Names of all entities that have a conversion under way. */
export function convertedEntities(connection: Connection): readonly string[] {
  if (!hasConversions(connection)) return [];
  return connection
    .statement(`SELECT entity FROM "${CONVERSIONS}" ORDER BY entity`)
    .all([])
    .map(([name]) => String(name));
}

function hasConversions(connection: Connection): boolean {
  const found = connection.statement("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?");
  return found.get([CONVERSIONS]) !== undefined;
}

/** Undefined also where what the file says of it is damaged: it is then begun anew, because nothing but it depends on that. */
export function readConversion(connection: Connection, entity: string): ConversionState | undefined {
  if (!hasConversions(connection)) return undefined;
  const row = connection.statement(`SELECT state FROM "${CONVERSIONS}" WHERE entity = ?`).get([entity]);
  if (!row) return undefined;
  try {
    return stateIn(entity, String(row[0]));
  } catch (error) {
    if (error instanceof ContractError) return undefined;
    throw error;
  }
}

function stateIn(entity: string, text: string): ConversionState {
  const state = new Reader(parseObject(text), "conversion");
  const cursor = state.text("cursor");
  return {
    entity,
    digest: state.text("digest"),
    revision: state.number("revision"),
    accept: state.text("accept"),
    target: parseContract(state.text("target")),
    phase: state.text("phase") === "clean" ? "clean" : "copy",
    cursor: cursor === "" ? undefined : cursor === "end" ? "end" : cursorOf(cursor),
    copied: state.number("copied"),
    total: state.number("total"),
  };
}

/** Inside the transaction of the work. */
export function writeConversion(connection: Connection, { entity, target, cursor, ...state }: ConversionState): void {
  const text = JSON.stringify({ ...state, target: contractText(target), cursor: cursorText(cursor) });
  connection.statement(`INSERT OR REPLACE INTO "${CONVERSIONS}" (entity, state) VALUES (?, ?)`).run([entity, text]);
}

export function endConversion(connection: Connection, entity: string): void {
  connection.statement(`DELETE FROM "${CONVERSIONS}" WHERE entity = ?`).run([entity]);
}

function cursorText(cursor: ConversionState["cursor"]): string {
  if (cursor === undefined || cursor === "end") return cursor ?? "";
  return cursor
    .map((value) => {
      if (value instanceof Uint8Array) return `b${Buffer.from(value).toString("base64url")}`;
      if (typeof value === "string") return `t${Buffer.from(value).toString("base64url")}`;
      return `i${String(value)}`;
    })
    .join(" ");
}

function cursorOf(text: string): readonly SqlValue[] {
  return text.split(" ").map((part) => {
    const bytes = Buffer.from(part.slice(1), "base64url");
    if (part.startsWith("i")) return BigInt(part.slice(1));
    return part.startsWith("t") ? bytes.toString("utf8") : new Uint8Array(bytes);
  });
}
