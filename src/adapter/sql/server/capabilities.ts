/** What database servers that speak SQL publish about themselves to callers. */

import type { Capabilities } from "../../capabilities.ts";
import { orderCapabilities, SORTED } from "../../planner/row-order.ts";
import { TRANSACTION_CAPABILITIES } from "../../usual-capabilities.ts";
import { TIMESTAMP_PRECISION } from "../storage.ts";

const YES = { supported: true } as const;

/** @param makesTables whether the database has what we make in it: tables for outcomes and numbers, foreign keys */
export function serverCapabilities(makesTables: boolean): Capabilities {
  const supported = makesTables;
  return { ...CAPABILITIES, request_id: { supported }, references: { supported }, sequence: { supported } };
}

const CAPABILITIES: Capabilities = {
  ...TRANSACTION_CAPABILITIES,
  ...orderCapabilities(SORTED),
  modify: YES,
  execute_read: YES,
  timestamp_nanos: { supported: false, limit: Number(TIMESTAMP_PRECISION) },
  large_rows: { supported: true },
  cancel: YES,
  durable: YES,
};
