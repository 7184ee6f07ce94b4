/** What the servers of this protocol say differently. */

export interface Flavour {
  /** Of its url. */
  readonly scheme: string;
  /** How its place is called. */
  readonly kind: string;
  /** Where it listens unless told otherwise. */
  readonly port: number;
  /** Whether a server of several may take no writes. */
  readonly hasStandbys: boolean;
  /** What is said at every connection beside what all of them know. */
  readonly session: readonly string[];
  /** Whether it is asked through poolers that lend connections for a transaction, too. */
  readonly isPoolable: boolean;
  /** Of a statement that begins no transaction, as `default_transaction_isolation` takes it. */
  readonly isolation: string;
  /** Whether the server is the one that the url's scheme says, by the parameters that it tells at the start of a connection. */
  isIt(parameters: ReadonlyMap<string, string>): boolean;
}

/** Told by a server that speaks this protocol and is none of these. */
export const STRANGER = "crdb_version";

export const POSTGRESQL: Flavour = {
  scheme: "postgres",
  kind: "postgresql",
  port: 5_432,
  hasStandbys: true,
  // NULL in an array would be a text, types would be quoted in the catalog, and locks would be given up at once.
  session: ["array_nulls=on", "quote_all_identifiers=off", "transform_null_equals=off", "lock_timeout=0"],
  isPoolable: true,
  isolation: "read\\ committed",
  isIt: (parameters) => !parameters.has(STRANGER),
};
