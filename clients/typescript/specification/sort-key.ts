/** Conditions on the sort key of a collection. */

import type { Timestamp } from "../value/timestamp.ts";
import type { TimeWindow } from "./time-window.ts";

/**
 * Items of a span of time, where the template of their sort key is a literal with a moment behind it that ascends.
 * @example db.collection({ order: Order }, { partition: "ORDER_STATUS#open", index: "GSI1", where: within("", lastDays(7)) })
 */
export function within(literal: string, { gte, lt }: TimeWindow): { readonly gte: string; readonly lt: string } {
  return { gte: `${literal}${textOf(gte)}`, lt: `${literal}${textOf(lt)}` };
}

/** As templates write a moment: RFC 3339 with nine digits always, so that texts sort as their times do. */
function textOf(moment: Timestamp): string {
  const second = moment.toDate().toISOString().slice(0, "2026-01-01T00:00:00".length);
  return `${second}.${String(moment.nanos).padStart(9, "0")}Z`;
}
