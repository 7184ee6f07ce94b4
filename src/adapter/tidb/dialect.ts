/** TiDB's spelling, where it is not MySQL's. */

import type { FieldType } from "../../model/field.ts";
import type { ServerDialect } from "../sql/server/server-dialect.ts";
import type { Storage } from "../sql/storage.ts";
import { mysqlDialect } from "../mysql/dialect.ts";
import { TIDB } from "./flavour.ts";

const mysql = mysqlDialect(TIDB);

export const tidbDialect: ServerDialect = {
  ...mysql,
  storageOf: (type, earlier, use) => filled(type, mysql.storageOf(type, earlier, use)),
  // Long texts have no defaults here. Rows that are there when such a column is added have an empty text in it.
  literal: (value, declared) => (declared.startsWith("long") ? undefined : mysql.literal(value, declared)),
  isEmptyDocument: (document) => `(${document} IN ('[]', ''))`,
  hasElement: (list, element) => mysql.hasElement(`nullif(${list}, '')`, element),
  hasKey: (pairs, key) => mysql.hasKey(`nullif(${pairs}, '')`, key),
  directedIndexes: false,
  lockFreeRows: undefined, // SKIP LOCKED is read there, and refused
  copiesNumberedRows: false, // it was not measured there, and a join's plan is a guess of statistics
  begin: {
    write: ["BEGIN PESSIMISTIC"],
    // All that it reads and writes is of one state; that another was faster is reported at COMMIT (9007).
    serializable: ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "BEGIN OPTIMISTIC"],
    snapshot: ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT"],
  },
};

/** An empty text is an empty list or map. */
function filled(type: FieldType, storage: Storage): Storage {
  if (type.kind !== "list" && type.kind !== "map") return storage;
  return { ...storage, read: (stored) => storage.read(stored === "" ? "[]" : stored) };
}
