/** CollectionService.Query: rows of several entities of one store that lie in one partition. */

import type { TextRange } from "../../adapter/collection.ts";
import type { Call } from "../../model/call.ts";
import type { EntityModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import { digestOf } from "../canonical.ts";
import { requireCapability, requireConsistency } from "../capability.ts";
import type { CollectionPage, CollectionRequest } from "../operation.ts";
import { decodePosition, encodePosition, type PagePosition, type SegmentPosition } from "../pages/page-position.ts";
import { invalidToken } from "../pages/page-token.ts";
import { pathOf } from "../read/compiled-query.ts";
import { pageSizeOf } from "../read/list.ts";
import type { Collections } from "../repository.ts";
import { unresumable } from "../row-size.ts";
import { createScope, type RepositoryOptions, type Scope } from "../scope.ts";
import { ItemBudget } from "./item-budget.ts";
import { planMember, type MemberPlan } from "./member-plan.ts";
import { membersOf, rememberedTexts, type Known, type Member, type Members } from "./members.ts";
import { mergedPage, type PlannedMember } from "./merged-page.ts";
import { storedPage } from "./stored-page.ts";
import { textRangeOf } from "./text-range.ts";

/** `optionsOf` as for `createTransactions`: it throws the Fault that says why an entity is not served. */
export function createCollections(optionsOf: (entity: EntityModel) => RepositoryOptions | undefined): Collections {
  const made = new Map<EntityModel, Scope>();
  const scopeOf = (entity: EntityModel): Scope => {
    const options = optionsOf(entity);
    if (!options) throw new Fault("ENTITY_UNKNOWN", `no repository serves ${entity.name}`, { entity: entity.name });
    const scope = made.get(entity) ?? createScope(options);
    made.set(entity, scope);
    return scope;
  };
  const known: Known = { scopeOf, textsOf: rememberedTexts() };
  return {
    query: async (request, call) => {
      try {
        return await query(known, request, call);
      } catch (error) {
        if (error instanceof Fault) throw error.within({ operation: "Query" });
        throw new Fault("INTERNAL", "the sidecar met a mistake of its own; its log says more", {
          operation: "Query",
          cause: error,
        });
      }
    },
  };
}

async function query(known: Known, request: CollectionRequest, call: Call): Promise<CollectionPage> {
  if (request.entities.length === 0)
    throw new Fault("PARTITION_INVALID", "the store has no entities, and so no collections", { field: "entities" });
  const store = servedScope(request.entities, known);
  requireCapability(store, "entity_collections", "the request is a Query of a collection");
  requireConsistency(store, request.consistency, "read");
  const size = pageSizeOf(store, request.pageSize);
  const range = textRangeOf(request.sortKey);
  const found = membersOf(request, known);
  const prepared = { store, request, range, size, found, binding: bindingOf(store, request, range, found) };
  return store.adapter.collect ? stored(prepared, call) : merged(prepared, call);
}

/** Of any entity: one store stands behind all. @throws Fault where none is served */
function servedScope(entities: readonly EntityModel[], { scopeOf }: Known): Scope {
  let failure: unknown;
  for (const entity of entities) {
    try {
      return scopeOf(entity);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

interface PreparedQuery {
  readonly store: Scope;
  readonly request: CollectionRequest;
  readonly range: TextRange;
  readonly size: number;
  readonly found: Members;
  /** Additional data of its tokens. */
  readonly binding: Uint8Array;
}

function bindingOf(
  store: Scope,
  request: CollectionRequest,
  range: TextRange,
  { partition, members }: Members,
): Uint8Array {
  const names = members.map(({ scope }) => scope.entity.name);
  const { isOpen, index, descending, showDeleted } = request;
  return digestOf(["Query", store.store, names, isOpen, partition, index, range, descending, showDeleted]);
}

async function stored(
  { store, request, range, size, found, binding }: PreparedQuery,
  call: Call,
): Promise<CollectionPage> {
  const { members, partition } = found;
  const from = positionOf(store, request, binding, "stored");
  const budget = new ItemBudget(store.limits, size);
  const { index } = members[0] ?? { index: undefined };
  const name = index ? (index.physical ?? index.name) : request.index === "" ? undefined : request.index;
  const next = await storedPage(
    {
      scope: store,
      members,
      query: {
        entities: members.map(({ scope }) => scope.entity),
        unknown: request.isOpen,
        partition,
        sort: range,
        reverse: request.descending,
        ...(name !== undefined && { index: name }),
      },
      after: from?.cursor,
      visible: { deleted: request.showDeleted, now: store.clock.now() },
      consistency: request.consistency,
      budget,
    },
    call,
  );
  const token = next ? seal(store, binding, { path: "stored", cursor: next }) : "";
  return { items: budget.items, nextPageToken: token, partition };
}

async function merged(
  { store, request, range, size, found, binding }: PreparedQuery,
  call: Call,
): Promise<CollectionPage> {
  const { members, partition } = found;
  if (members.length === 0)
    throw new Fault(
      "PARTITION_INVALID",
      "no entity of this store can have rows in such a partition: none has an item template that gives it",
      {
        field: request.partition.kind === "text" ? "partition_key" : "partition_of",
      },
    );
  const planned = members.map((member): PlannedMember => ({
    member,
    plan: planMember(member, range, request.descending),
  }));
  const path = pathOfAll(planned);
  const segments = positionOf(store, request, binding, path)?.segments;
  if (segments && segments.length !== planned.length) throw invalidToken("page_token");
  const { descending, showDeleted, consistency } = request;
  const { budget, next } = await mergedPage(
    {
      members: planned,
      from: segments ?? planned.map((): SegmentPosition => ({ cursor: undefined, done: false })),
      range,
      reverse: descending,
      showDeleted,
      consistency,
      budget: () => new ItemBudget(store.limits, size),
    },
    call,
  );
  const token = next ? seal(store, binding, { path, cursor: undefined, segments: next }) : "";
  return { items: budget.items, nextPageToken: token, partition };
}

/** Of all access paths: a position from before a new index is not read. */
function pathOfAll(planned: readonly PlannedMember[]): string {
  return Buffer.from(digestOf(planned.map(({ member, plan }) => pathOfOne(member, plan)))).toString("hex");
}

function pathOfOne({ scope }: Member, { plan, ordered }: MemberPlan): readonly unknown[] {
  return [scope.entity.name, ordered, plan && pathOf(plan)];
}

/** Undefined for the first page. */
function positionOf(
  store: Scope,
  { pageToken }: CollectionRequest,
  binding: Uint8Array,
  path: string,
): PagePosition | undefined {
  if (pageToken === "") return undefined;
  const content = store.tokens.open(pageToken, binding);
  const position = content && decodePosition(content);
  if (!position || position.path !== path) throw invalidToken("page_token");
  return position;
}

function seal(store: Scope, binding: Uint8Array, position: Pick<PagePosition, "path" | "cursor" | "segments">): string {
  const token = store.tokens.seal(encodePosition({ skip: 0, index: 0, page: 0, done: false, ...position }), binding);
  if (token.length > store.limits.tokenBytes) throw unresumable(store.entity, token.length, store.limits.tokenBytes);
  return token;
}
