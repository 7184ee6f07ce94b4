/** What each server of this protocol is told about its time: by whom, a statement of a call is ended that nobody asks the end of. */

import { expect, it } from "vitest";
import { MARIADB, MYSQL } from "../../../../src/adapter/mysql/flavour.ts";
import { TIDB } from "../../../../src/adapter/tidb/flavour.ts";

/** Of a call with 2.4 seconds left. */
const told = [
  ["MariaDB", MARIADB, ["max_statement_time = 2.4"]],
  ["MySQL", MYSQL, ["max_execution_time = 2400", "innodb_lock_wait_timeout = 3", "lock_wait_timeout = 3"]],
  ["TiDB", TIDB, ["max_execution_time = 2400", "innodb_lock_wait_timeout = 3"]],
] as const;

it.each(told)("%s: any statement, or reads and those that wait for a lock", (_, flavour, limits) => {
  expect(flavour.limits(2_400)).toEqual(limits);
});

it("a lock's limit, which is whole seconds, is never none", () => {
  expect(TIDB.limits(1)).toContain("innodb_lock_wait_timeout = 1");
});
