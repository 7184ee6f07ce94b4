/** What the servers of this protocol say differently. */

export interface Flavour {
  /** Of its url. */
  readonly scheme: string;
  /** Where it listens unless told otherwise. */
  readonly port: number;
  /** Whether a server of several may take no writes. */
  readonly hasStandbys: boolean;
  /** Compares text by code point, and does not pad it. */
  readonly collation: string;
  /** Whether the server is the one that the url's scheme says, by the version it reports. */
  isIt(version: string): boolean;
  /** What is said at every connection beside `SESSION` and `limits`; times in milliseconds. */
  session(timeout: number): readonly string[];
  /** Settings of a session by which the server gives up a statement after so many milliseconds. */
  limits(timeout: number): readonly string[];
  /** A statement that waits a second at most for what another transaction holds; where it cannot say that, `limits` say it for one statement. */
  readonly impatient?: (text: string) => string;
  /** Statements that end the server's limits of time on a connection. */
  readonly unbounded: readonly string[];
}

export const MARIADB: Flavour = {
  scheme: "mariadb",
  port: 3_306,
  hasStandbys: true,
  collation: "utf8mb4_nopad_bin",
  isIt: (version) => /mariadb/iu.test(version),
  session: (timeout) => [
    `innodb_lock_wait_timeout = ${inSeconds(timeout)}`,
    `idle_transaction_timeout = ${inSeconds(timeout)}`,
  ],
  limits: (timeout) => [`max_statement_time = ${timeout / 1_000}`],
  impatient: (text) => `SET STATEMENT innodb_lock_wait_timeout = 1 FOR ${text}`,
  unbounded: ["SET SESSION max_statement_time = 0"],
};

export const MYSQL: Flavour = {
  scheme: "mysql",
  port: 3_306,
  hasStandbys: true,
  collation: "utf8mb4_0900_bin",
  isIt: (version) => !/mariadb|tidb/iu.test(version),
  session: () => [],
  // The first is of reads alone; a write that waits, for a row or a table, is bounded by its lock's timeout.
  limits: (timeout) => [
    `max_execution_time = ${timeout}`,
    `innodb_lock_wait_timeout = ${inSeconds(timeout)}`,
    `lock_wait_timeout = ${inSeconds(timeout)}`,
  ],
  unbounded: ["SET SESSION lock_wait_timeout = 31536000"],
};

/** Whole ones. */
export function inSeconds(timeout: number): number {
  return Math.max(Math.ceil(timeout / 1_000), 1);
}
