/** What the servers of this protocol say differently. */

export interface Flavour {
  /** Of its url. */
  readonly scheme: string;
  /** Where it listens unless told otherwise. */
  readonly port: number;
  /** Compares text by code point, and does not pad it. */
  readonly collation: string;
  /** Whether the server is the one that the url's scheme says, by the version it reports. */
  isIt(version: string): boolean;
  /** What is said at every connection beside `SESSION`; times in milliseconds. */
  session(timeout: number): readonly string[];
  /** Statements that end the server's limits of time on a connection. */
  readonly unbounded: readonly string[];
}

export const MARIADB: Flavour = {
  scheme: "mariadb",
  port: 3_306,
  collation: "utf8mb4_nopad_bin",
  isIt: (version) => /mariadb/iu.test(version),
  session: (timeout) => [
    `max_statement_time = ${timeout / 1_000}`,
    `idle_transaction_timeout = ${Math.ceil(timeout / 1_000)}`,
  ],
  unbounded: ["SET SESSION max_statement_time = 0"],
};

export const MYSQL: Flavour = {
  scheme: "mysql",
  port: 3_306,
  collation: "utf8mb4_0900_bin",
  isIt: (version) => !/mariadb|tidb/iu.test(version),
  // Of reads alone; a write that waits is bounded by its lock's timeout.
  session: (timeout) => [`max_execution_time = ${timeout}`],
  unbounded: [],
};
