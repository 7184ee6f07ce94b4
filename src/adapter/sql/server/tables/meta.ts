/** Tables that Pannier keeps for itself in a database. */

export const REQUESTS = "_pannier_requests";

/** The last number given out, by field, for GENERATE_SEQUENCE. */
export const NUMBERS = "_pannier_numbers";

/** The contracts that rows were written under. */
export const CONTRACTS = "_pannier_contracts";

/** A table of these, or an index of one, and the statement that makes it. */
export interface MetaPart {
  readonly table: string;
  /** Absent where it is the table itself. */
  readonly index?: string;
  readonly sql: string;
}
