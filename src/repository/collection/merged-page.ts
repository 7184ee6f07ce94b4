/** A page of a collection, merged of what each entity has of it. */

import type { Call } from "../../model/call.ts";
import { compareText } from "../../model/compare.ts";
import type { SegmentPosition } from "../pages/page-position.ts";
import { PASSING } from "../pages/plan-reader.ts";
import { inOneState } from "../read/one-state.ts";
import type { ItemBudget } from "./item-budget.ts";
import type { MemberPlan } from "./member-plan.ts";
import { memberRows, type Asking, type MemberRows } from "./member-rows.ts";
import type { Member } from "./members.ts";

export interface PlannedMember {
  readonly member: Member;
  readonly plan: MemberPlan;
}

export interface Merging extends Asking {
  /** Of one store, by name; at least one. */
  readonly members: readonly PlannedMember[];
  /** By member. */
  readonly from: readonly SegmentPosition[];
  readonly budget: () => ItemBudget;
}

export interface MergedPage {
  readonly budget: ItemBudget;
  /** By member; absent when nothing follows. */
  readonly next: readonly SegmentPosition[] | undefined;
}

/** Of the time a call has, the share after which a page with few items is answered as it is. */
const SHORT_PAGE_AFTER = 0.5;

/** All shares are read in one state of the store, where it can show one. */
export function mergedPage(merging: Merging, call: Call): Promise<MergedPage> {
  const [first] = merging.members;
  if (!first) throw new TypeError("a collection without members");
  return inOneState(first.member.scope, call, async ({ adapter, isInTransaction = false }) => {
    const budget = merging.budget();
    const shares = merging.members.map(({ member, plan }, i) => {
      const from = merging.from[i] ?? { cursor: undefined, done: false };
      const own = { ...member, scope: { ...member.scope, adapter, isInTransaction } };
      return { member, from, rows: memberRows(own, plan, from, merging) };
    });
    await fill(shares, budget, merging.reverse, call);
    const next = shares.map(({ rows }) => rows.position());
    return { budget, next: next.every(({ done }) => done) ? undefined : next };
  });
}

interface Share {
  readonly member: Member;
  readonly from: SegmentPosition;
  readonly rows: MemberRows;
}

async function fill(shares: readonly Share[], budget: ItemBudget, reverse: boolean, call: Call): Promise<void> {
  const enough = performance.now() + (call.deadline - performance.now()) * SHORT_PAGE_AFTER;
  while (!budget.isFull) {
    for (const { rows } of shares) {
      while (!rows.isReady) {
        if (performance.now() >= enough && shares.some(hasMoved)) return;
        const bytes = Math.max(1, Math.min(budget.room, PASSING.bytes));
        await rows.advance({ rows: budget.left, bytes }, call);
      }
    }
    const next = firstOf(shares, reverse);
    const head = next?.rows.head;
    if (!next || !head) return;
    const { member, rows } = next;
    const { record, sortKey } = head;
    if (!budget.takeRow({ entity: member.scope.entity, record, fields: member.shown, sortKey })) return;
    rows.take();
  }
}

/** Whether whoever continues begins behind where this page began: a page that ends where it began would be asked for over and over. */
function hasMoved({ from, rows }: Share): boolean {
  const { cursor, done } = rows.position();
  return done !== from.done || Buffer.compare(cursor ?? NOWHERE, from.cursor ?? NOWHERE) !== 0;
}

const NOWHERE = new Uint8Array();

/** The share whose head comes first; of equal texts that of the first name. */
function firstOf(shares: readonly Share[], reverse: boolean): Share | undefined {
  let first: Share | undefined;
  for (const share of shares) {
    const [head, best] = [share.rows.head, first?.rows.head];
    if (!head) continue;
    const compared = best ? compareText(head.sortKey, best.sortKey) : -1;
    if (!best || (reverse ? compared > 0 : compared < 0)) first = share;
  }
  return first;
}
