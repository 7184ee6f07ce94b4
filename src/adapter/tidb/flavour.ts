/** What TiDB says differently from MySQL, whose protocol it speaks. */

import { inSeconds, type Flavour } from "../mysql/flavour.ts";

export const TIDB: Flavour = {
  scheme: "tidb",
  port: 4_000,
  hasStandbys: false, // every server takes writes
  collation: "utf8mb4_0900_bin",
  isIt: (version) => /tidb/iu.test(version),
  unbounded: [],
  // The first is of reads alone; a write that waits for a row is bounded by its lock's timeout.
  limits: (timeout) => [`max_execution_time = ${timeout}`, `innodb_lock_wait_timeout = ${inSeconds(timeout)}`],
  session: (timeout) => [
    `tidb_idle_transaction_timeout = ${inSeconds(timeout)}`,
    "tidb_txn_mode = 'pessimistic'",
    // A row that is in the way is reported by the statement that meets it, and not by COMMIT.
    "tidb_constraint_check_in_place = 1",
    "tidb_constraint_check_in_place_pessimistic = 1",
    // Nothing is done again that we did not ask for, and every read is of the newest state.
    "tidb_disable_txn_auto_retry = 1",
    "tidb_snapshot = ''",
    "tidb_read_staleness = 0",
    "tidb_replica_read = 'leader'",
    // A statement that is committed in parts, as these offer, is not one.
    "tidb_batch_insert = 0",
    "tidb_batch_delete = 0",
    "tidb_dml_type = 'standard'",
  ],
};
