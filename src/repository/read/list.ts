/** List: one page of rows, by windows of the store where it delivers the order, by a bounded sort where that is allowed. */

import type { FieldSet } from "../../adapter/adapter.ts";
import { has, limitOf } from "../../adapter/capabilities.ts";
import type { Call } from "../../model/call.ts";
import { Fault } from "../../model/fault.ts";
import type { Consistency, Visibility } from "../../model/query.ts";
import type { EntityRecord } from "../../model/value.ts";
import { damagedRow } from "../damaged-row.ts";
import { missing, requireCapability, requireConsistency } from "../capability.ts";
import { PageBuilder, addWindow } from "../pages/page-builder.ts";
import { takeByKey } from "../pages/take-by-key.ts";
import { readMask } from "../mask.ts";
import { inOneState, showsOneState } from "./one-state.ts";
import { invalidToken } from "../pages/page-token.ts";
import { decodePosition, encodePosition, type PagePosition } from "../pages/page-position.ts";
import { mayScan, neededFields, scanRequired, compileQuery, type CompiledQuery } from "./compiled-query.ts";
import type { ListRequest, Page } from "../operation.ts";
import { visibility, type Scope } from "../scope.ts";
import { unresumable } from "../row-size.ts";
import { sortedRows } from "../pages/sort.ts";
import { countByPlan, planCount } from "./count.ts";
import { createPlanReader, type PlanReader } from "../pages/plan-reader.ts";

export async function list(scope: Scope, request: ListRequest, call: Call): Promise<Page> {
  requireConsistency(scope, request.consistency, "read");
  const size = pageSizeOf(scope, request.pageSize);
  const skip = request.pageToken === "" ? skipOf(scope, request.skip) : 0;
  if (request.total !== "none")
    requireCapability(scope, totalCapability(request), `the request has total: ${request.total}`);
  const shown = readMask(scope.layout, request.readMask);
  const query = compileQuery(scope, request, "List");
  const { plan } = query;
  const from =
    request.pageToken === "" ? startAt(query, skip) : openPosition(scope, query, request.pageToken, "page_token");
  if ((plan.needsScan || !plan.ordered) && isScan(query) && !mayScan(scope, request.allowScan))
    throw scanRequired(
      plan,
      plan.ordered ? "the filter is served by no range of the key or an index" : "no key or index delivers this order",
    );
  const visible = visibility(scope, request.showDeleted);
  const page = { query, size, from, shown, visible, consistency: request.consistency };
  const isEmpty = query.where.kind === "nothing" || from.done;
  const answer = ({ rows, next }: Taken, totalSize: number | undefined): Page => ({
    entities: rows.map((record) => ({ record, fields: shown })),
    nextPageToken: next ? sealPosition(scope, query, next) : "",
    totalSize,
  });
  if (request.total === "none" && plan.ordered && !isEmpty) {
    const taken = await takeOneWindow({ ...page, scope }, call);
    if (taken) return answer(taken, undefined);
  }
  return inOneState(scope, call, async (one) => {
    const totalSize = await totalOf(one, request, query, call);
    if (isEmpty) return answer({ rows: [], next: undefined }, totalSize);
    const taking = { ...page, scope: one };
    return answer(plan.ordered ? await takeWindows(taking, call) : await takeSorted(taking, call), totalSize);
  });
}

/** Listing without filter and order is always served; so is a filter that no row fulfils. */
function isScan({ where, order }: CompiledQuery): boolean {
  return where.kind === "some" || (where.kind === "all" && order.length > 0);
}

/** 0 is the default, and more than the most is cut to it. */
export function pageSizeOf(scope: Scope, asked: number): number {
  if (asked < 0)
    throw new Fault("PAGE_SIZE_INVALID", "page_size is negative; send 0 for the default", { field: "page_size" });
  return asked === 0 ? scope.limits.pageSize : Math.min(asked, scope.limits.maxPageSize);
}

function skipOf(scope: Scope, skip: number): number {
  if (skip === 0) return 0;
  if (skip < 0) throw new Fault("SKIP_INVALID", "skip is negative; send 0 or more", { field: "skip" });
  const { capabilities } = scope.adapter;
  if (!has(capabilities, "skip")) throw missing(scope, "skip", "the request has skip", { field: "skip" });
  const most = limitOf(capabilities, "skip");
  if (skip > most)
    throw new Fault("SKIP_INVALID", `skip is above ${most}, the most this store skips; page with tokens`, {
      field: "skip",
    });
  return skip;
}

function totalCapability(request: ListRequest): "exact_total" | "estimated_total" {
  return request.total === "exact" ? "exact_total" : "estimated_total";
}

function startAt(query: CompiledQuery, skip: number): PagePosition {
  return { path: query.path, cursor: undefined, skip, index: 0, page: 0, done: false };
}

/** A token that can be sent back. @throws Fault ROW_TOO_LARGE where the values that its order goes by are too long for one */
export function sealPosition(scope: Scope, query: CompiledQuery, position: PagePosition): string {
  const token = scope.tokens.seal(encodePosition(position), query.binding);
  if (token.length > scope.limits.tokenBytes) throw unresumable(scope.entity, token.length, scope.limits.tokenBytes);
  return token;
}

/** The position a token holds; only of the same query, planned in the same way. */
export function openPosition(scope: Scope, query: CompiledQuery, token: string, field: string): PagePosition {
  const content = scope.tokens.open(token, query.binding);
  const position = content && decodePosition(content);
  if (!position || position.path !== query.path) throw invalidToken(field);
  return position;
}

async function totalOf(
  scope: Scope,
  request: ListRequest,
  query: CompiledQuery,
  call: Call,
): Promise<number | undefined> {
  if (request.total === "none") return undefined;
  const plan = planCount(scope, query.where, request.allowScan, "an exact total");
  if (!plan) return 0;
  return countByPlan(
    scope,
    plan,
    { visible: visibility(scope, request.showDeleted), consistency: request.consistency },
    call,
  );
}

interface Taking {
  readonly scope: Scope;
  readonly query: CompiledQuery;
  readonly size: number;
  readonly from: PagePosition;
  readonly shown: FieldSet;
  readonly visible: Visibility;
  readonly consistency: Consistency | undefined;
}

interface Taken {
  readonly rows: readonly EntityRecord[];
  /** Absent when nothing follows. */
  readonly next: PagePosition | undefined;
}

/** Of the time a call has, the share after which a page with few rows is answered as it is. */
const SHORT_PAGE_AFTER = 0.5;

/** The page, where one window shows one state and is all of it, as it most often is. */
async function takeOneWindow(taking: Taking, call: Call): Promise<Taken | undefined> {
  const { scope, query, size, from, shown } = taking;
  if (scope.adapter.isReadOneState !== true) return undefined;
  const builder = new PageBuilder(taking);
  const wanted = { rows: size + builder.skip, bytes: builder.room };
  const window = await readerOf(taking, neededFields(scope, shown, query)).readWindow(from.cursor, wanted, call);
  const { full, cursor } = addWindow(builder, window, { size, before: from.cursor });
  if (!cursor) return { rows: builder.rows, next: undefined };
  return full ? { rows: builder.rows, next: { ...from, cursor, skip: builder.skip } } : undefined;
}

async function takeWindows(taking: Taking, call: Call): Promise<Taken> {
  const { scope, query, size, from, shown } = taking;
  const reader = readerOf(taking, neededFields(scope, shown, query));
  const builder = new PageBuilder(taking);
  const enough = performance.now() + (call.deadline - performance.now()) * SHORT_PAGE_AFTER;
  let cursor = from.cursor;
  for (;;) {
    const wanted = { rows: size + builder.skip - builder.rows.length, bytes: builder.room };
    const window = await reader.readWindow(cursor, wanted, call).catch((error: unknown) => {
      const damaged = damagedRow(error);
      if (!damaged) throw error;
      if (builder.rows.length > 0) return undefined; // the next page is the one that fails
      throw passedBy(error, sealPosition(scope, query, { ...from, cursor: damaged.next, skip: builder.skip }));
    });
    if (!window) return { rows: builder.rows, next: { ...from, cursor, skip: builder.skip } };
    const filled = addWindow(builder, window, { size, before: cursor });
    cursor = filled.cursor;
    if (!cursor) return { rows: builder.rows, next: undefined };
    if (filled.full || performance.now() >= enough)
      return { rows: builder.rows, next: { ...from, cursor, skip: builder.skip } };
  }
}

/** Longest token that a status has room for. */
const TOLD_TOKEN = 1_500;

/** A page that begins with a row that cannot be read fails, and says how to go on without it. */
function passedBy(error: unknown, token: string): unknown {
  if (!(error instanceof Fault) || token.length > TOLD_TOKEN) return error;
  const { reason, message, detail } = error;
  return new Fault(reason, `${message}; next_page_token of this error's metadata goes on behind it`, {
    ...detail,
    metadata: { ...detail.metadata, next_page_token: token },
  });
}

/** Where rows can be read again as they were, no more of them passes by than they are sorted by. */
async function takeSorted(taking: Taking, call: Call): Promise<Taken> {
  const { scope, query, size, from, shown } = taking;
  const isInPart = showsOneState(scope);
  const fields = neededFields(scope, isInPart ? [] : shown, query);
  const sorting = { order: query.order, after: from.cursor, skip: from.skip, size, fields };
  const sorted = await sortedRows(scope, readerOf(taking, fields), sorting, call);
  const builder = new PageBuilder(taking);
  let used = 0;
  while (used < sorted.rows.length && (builder.skip > 0 || !isInPart) && builder.take(sorted.rows[used] ?? [])) used++;
  if (isInPart) used += await takeByKey(taking, builder, sorted.rows.slice(used), call);
  const hasMore = sorted.more || used < sorted.rows.length;
  if (!hasMore) return { rows: builder.rows, next: undefined };
  return { rows: builder.rows, next: { ...from, cursor: sorted.cursor(used - 1), skip: builder.skip } };
}

function readerOf({ scope, query: { plan }, visible, consistency }: Taking, fields: FieldSet): PlanReader {
  return createPlanReader(scope, { plan, fields, visible, consistency });
}
