/**
 * Names of indexes that are free in a file. Tables and indexes of a file share one space of names, without regard to case, so that a name
 * which an entity asks for may belong to another. Which name it got is in its contract.
 */

import { createHash } from "node:crypto";
import type { Contract, ContractIndex } from "../../../migration/contract.ts";
import { uniqueNameOf } from "../../sql/index-name.ts";
import type { Connection } from "../connection.ts";

export interface NameSpace {
  /** Of every table that is there or is to come, in small letters. */
  readonly tables: ReadonlySet<string>;
  /** Names that the entity's own table has or had: their indexes are its own. */
  readonly own: readonly string[];
}

/** The contract with a name of its own for each index but those of `kept`, which have theirs. */
export function withFreeNames(
  connection: Connection,
  contract: Contract,
  { tables, own }: NameSpace,
  kept: readonly ContractIndex[] = [],
): Contract {
  const taken = new Set(tables);
  const take = (index: ContractIndex): ContractIndex => {
    for (const name of namesIn(index.physical)) taken.add(foldedName(name));
    return index;
  };
  const isFree = (physical: string): boolean =>
    namesIn(physical).every((name) => !taken.has(foldedName(name)) && !isOthers(connection, name, own));
  const known = new Set(kept.map(({ physical }) => physical));
  for (const index of contract.indexes) if (known.has(index.physical)) take(index);
  const indexes = contract.indexes.map((index) =>
    known.has(index.physical) ? index : take({ ...index, physical: freeName(contract.entity, index, isFree) }),
  );
  return { ...contract, indexes };
}

/** There may be one index for uniqueness and another for reading. */
function namesIn(physical: string): readonly string[] {
  return [physical, uniqueNameOf(physical)];
}

/** The same in every process that finds the same file. */
function freeName(entity: string, { name, physical }: ContractIndex, isFree: (name: string) => boolean): string {
  if (isFree(physical)) return physical;
  const hash = createHash("sha256").update(`${entity}\0${name}`).digest("hex");
  for (let digits = 8; digits < hash.length; digits += 8) {
    const candidate = `${physical}__${hash.slice(0, digits)}`;
    if (isFree(candidate)) return candidate;
  }
  return `${physical}__${hash}`;
}

function isOthers(connection: Connection, name: string, own: readonly string[]): boolean {
  const found = connection
    .statement("SELECT type, tbl_name FROM sqlite_schema WHERE name = ? COLLATE NOCASE")
    .all([name]);
  return found.some(([type, table]) => type !== "index" || !own.some((each) => isSameName(each, String(table))));
}

/** SQLite folds the letters of ASCII alone. */
export function isSameName(a: string, b: string): boolean {
  return foldedName(a) === foldedName(b);
}

export function foldedName(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
