/** What stores of this family publish. */

import { CONSISTENCIES } from "../../model/query.ts";
import type { Capabilities } from "../capabilities.ts";
import { orderCapabilities } from "../planner/row-order.ts";
import { ROW_CAPABILITIES } from "../usual-capabilities.ts";
import { MOST_SEGMENTS, ROW_ORDERS } from "./reading/planning.ts";
import type { Settings } from "./settings.ts";
import { TIMESTAMP_PRECISION } from "./tables/storage.ts";
import { MOST_IN_UNIT } from "./writing/writer.ts";

const CQL_CAPABILITIES: Capabilities = {
  ...ROW_CAPABILITIES,
  ...orderCapabilities(ROW_ORDERS),
  modify: { supported: true },
  parallel_scan: { supported: true, limit: MOST_SEGMENTS },
  scan_continue: { supported: true },
  partition_batch: { supported: true, limit: MOST_IN_UNIT },
  partition_execute: { supported: true, limit: MOST_IN_UNIT },
  partition_request_id: { supported: true },
  execute_read: { supported: true, limit: 0 },
  timestamp_nanos: { supported: false, limit: Number(TIMESTAMP_PRECISION) },
  large_rows: { supported: true },
  consistency: {
    supported: true,
    values: CONSISTENCIES,
    note: "reads are QUORUM and writes are decided with SERIAL and answered by a QUORUM, unless store, entity or call say otherwise; ANY is of writes alone, and a level that asks for more replicas than the keyspace has is refused",
  },
  durable: { supported: true },
};

/** With what the store's settings switch on. */
export function capabilitiesOf({ switches, numbers }: Settings): Capabilities {
  return {
    ...CQL_CAPABILITIES,
    ...(switches.blind_writes && { conditional_write: { supported: true, note: BLIND } }),
    ...(switches.logged_batches && {
      atomic_batch: { supported: true, limit: MOST_IN_UNIT, note: loggedNote(numbers.batch_bytes) },
    }),
    ...(switches.unique_tables && {
      unique_index: { supported: true, note: UNIQUE },
      unique_ignores_deleted: { supported: true },
    }),
    ...(switches.node_numbers && { node_numbers: { supported: true } }),
    ...(switches.statements && { statements: { supported: true } }),
  };
}

const BLIND =
  "with blind_writes, entities without version, created_at, deleted_at and immutable fields take a Put, and a Delete with allow_missing, and no other write; none of them says whether a row was there, and of two the one with the later clock wins";

const UNIQUE =
  "with unique_tables each value is taken in a table beside before its row is written; rows of such entities are written one at a time, not in atomic units";

function loggedNote(bytes: number): string {
  return `over several partitions only writes that look at nothing (blind_writes), of at most ${bytes} bytes together: all of them are done in the end, also where a host dies meanwhile, but others may see some before the rest, and none waits for others' writes; within one partition as partition_batch`;
}
