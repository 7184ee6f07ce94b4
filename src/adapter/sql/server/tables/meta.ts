/** Tables that Pannier keeps for itself in a database. */

export const REQUESTS = "_pannier_requests";

/** The last number given out, by field, for GENERATE_SEQUENCE. */
export const NUMBERS = "_pannier_numbers";

/** The contracts that rows were written under. */
export const CONTRACTS = "_pannier_contracts";
