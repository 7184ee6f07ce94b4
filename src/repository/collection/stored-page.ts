/** A page of a collection from a store that keeps its entities in one table. */

import type { FieldSet } from "../../adapter/adapter.ts";
import type { CollectedItem, CollectionCursor, CollectionQuery } from "../../adapter/collection.ts";
import type { Call } from "../../model/call.ts";
import type { Consistency, Visibility } from "../../model/query.ts";
import type { EntityRecord } from "../../model/value.ts";
import { attempt, faultOf } from "../attempt.ts";
import type { Scope } from "../scope.ts";
import type { ItemBudget } from "./item-budget.ts";
import { readFields, type Member } from "./members.ts";

export interface StoredPage {
  readonly scope: Scope;
  /** The entities of the query, with their templates. */
  readonly members: readonly Member[];
  readonly query: CollectionQuery;
  readonly after: CollectionCursor | undefined;
  readonly visible: Visibility;
  readonly consistency: Consistency | undefined;
  readonly budget: ItemBudget;
}

/** Most items that one window looks at. */
const MOST_EXAMINED = 20_000;

/** Of the time a call has, the share after which a page with few items is answered as it is. */
const SHORT_PAGE_AFTER = 0.5;

/** Fills the budget; answers where it ended, undefined when nothing follows. */
export async function storedPage(page: StoredPage, call: Call): Promise<CollectionCursor | undefined> {
  const { scope, members, query, visible, consistency, budget } = page;
  const membersOf = new Map(members.map((member) => [member.scope.entity, member]));
  const fields = new Map(members.map((member) => [member.scope.entity, readFields(member)]));
  const enough = performance.now() + (call.deadline - performance.now()) * SHORT_PAGE_AFTER;
  let { after } = page;
  for (;;) {
    const bounds = { limit: budget.left, maxBytes: budget.room, maxExamined: MOST_EXAMINED };
    const window = { ...bounds, fields, visible, consistency, ...(after && { after }) };
    const found = await attempt(scope, call, async () => scope.adapter.collect?.(query, window, call));
    if (!found) throw new TypeError("the store has no collections of its own");
    for (const [i, item] of found.items.entries()) {
      const member = item.kind === "unknown" ? undefined : membersOf.get(item.entity);
      if (item.kind === "row" && !isIn(member, item.record)) continue;
      if (!takeItem(scope, budget, item, member?.shown)) return i === 0 ? after : found.cursor(i - 1);
      if (budget.isFull) return i === found.items.length - 1 ? found.next : found.cursor(i);
    }
    after = found.next;
    if (!after || performance.now() >= enough) return after;
  }
}

/** A store's own index may have rows with empty values, which filters find; by the templates they have no text, and are in no collection. */
function isIn(member: Member | undefined, record: EntityRecord): boolean {
  if (!member?.index) return true;
  const { partition, sort } = member.texts;
  return partition.encode(record) !== undefined && sort.encode(record) !== undefined;
}

function takeItem(scope: Scope, budget: ItemBudget, item: CollectedItem, fields: FieldSet): boolean {
  const { sortKey } = item;
  switch (item.kind) {
    case "row":
      return budget.takeRow({ entity: item.entity, record: item.record, fields, sortKey });
    case "unknown":
      return budget.take(
        { kind: "unknown", type: item.type, content: item.content, sortKey },
        Buffer.byteLength(JSON.stringify(item.content)),
      );
    case "failed": {
      const fault = faultOf(scope.adapter, item.error).within({ entity: item.entity.name });
      return budget.take({ kind: "fault", entity: item.entity.name, fault, sortKey }, 0);
    }
  }
}
