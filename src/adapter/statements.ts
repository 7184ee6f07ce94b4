/** Raw statements in a store's own language, with typed parameters and values. A capability. */

import type { Call } from "../model/call.ts";

export interface Statements {
  query(statement: Statement, call: Call): Promise<StatementRows>;
  execute(statement: Statement, call: Call): Promise<StatementResult>;
  /** Parsed once, run many times; for as long as its connection or transaction lives. */
  prepare?(text: string, call: Call): Promise<PreparedStatement>;
}

export interface PreparedStatement {
  /** Absent where the store does not say. */
  readonly parameters?: readonly StatementType[];
  query(options: Omit<Statement, "text">, call: Call): Promise<StatementRows>;
  execute(options: Omit<Statement, "text">, call: Call): Promise<StatementResult>;
  /** Releases it. May be called twice. */
  close(call: Call): Promise<void>;
}

export interface Statement {
  /** One statement, parameters written as the store writes them. */
  readonly text: string;
  readonly parameters: readonly StatementValue[];
  /** The store itself refuses to change anything. */
  readonly readOnly: boolean;
}

export interface StatementResult {
  readonly affected: bigint;
  readonly lastInsertId?: bigint;
}

/**
 * Told by its type, never guessed from a JavaScript value, because drivers read a decimal, a moment and a text alike. Text
 * forms: decimal as in DESIGN section 5.3, date `YYYY-MM-DD`, time `hh:mm:ss[.fraction]`, uuid in lower case, json as it was sent.
 */
export type StatementValue =
  | { readonly type: "null" }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "int64" | "uint64"; readonly value: bigint }
  | { readonly type: "double"; readonly value: number }
  | { readonly type: "decimal" | "string" | "date" | "time" | "json" | "uuid"; readonly value: string }
  | { readonly type: "bytes"; readonly value: Uint8Array }
  /** Nanoseconds since 1970, UTC. */
  | { readonly type: "timestamp"; readonly value: bigint }
  | { readonly type: "list"; readonly value: readonly StatementValue[] };

export type StatementType = StatementValue["type"];

export interface StatementColumn {
  readonly name: string;
  /** As the store names it. */
  readonly databaseType: string;
  readonly nullable?: boolean;
}

export interface StatementRows {
  readonly columns: readonly StatementColumn[];
  /** Pulled; leaving it early releases the cursor. */
  readonly rows: AsyncIterable<readonly StatementValue[]>;
}
