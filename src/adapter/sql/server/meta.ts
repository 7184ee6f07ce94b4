/** Tables that Pannier keeps for itself in a database. */

export const REQUESTS = "_pannier_requests";

/** The contracts that rows were written under. */
export const CONTRACTS = "_pannier_contracts";
