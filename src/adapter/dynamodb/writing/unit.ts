/**
 * What is written together: rows are read, mutations decided one after the other on what they were, and the rows that come of it written if
 * every row still is what was read, in one transaction with the markers of unique values and the record of a request_id.
 */

import type { Call } from "../../../model/call.ts";
import type { EntityModel } from "../../../model/entity.ts";
import { Fault } from "../../../model/fault.ts";
import type { Mutation } from "../../../model/mutation.ts";
import type { EntityRecord } from "../../../model/value.ts";
import { isExpired } from "../../../model/visibility.ts";
import { NotSent, type Decide, type RecordedRequest, type WriteOutcome } from "../../adapter.ts";
import { onlyThisSaysWhy } from "../../writing/all-or-nothing.ts";
import { outcomeOf } from "../../embedded/apply-mutation.ts";
import { UniqueViolation } from "../../embedded/unique-violation.ts";
import type { OutcomeTrimmer } from "../../writing/trim-outcomes.ts";
import {
  claimWrite,
  markersOf,
  metMarker,
  recall,
  releaseWrite,
  requestKey,
  requestWrite,
  type Beside,
  type Marker,
} from "./beside.ts";
import type { Item } from "../driver.ts";
import { rowCheck, rowWrite, type ItemWrite } from "./expressions.ts";
import { itemsOf, placeOf, type Reader } from "../reading/read.ts";
import { pause } from "../session.ts";
import { keyItem, metRow, type MetRow, type Table } from "../items/table.ts";
import { sendWrites, type Refusal } from "./transact.ts";

/** Attempts at one unit; the repository tries a conflict again while the call lasts. */
const ATTEMPTS = 12;

const FIRST_PAUSE = 4; // milliseconds

export interface Writer extends Reader {
  /** Of the items beside rows. */
  readonly beside: Beside;
}

export interface Unit {
  readonly steps: readonly { readonly mutation: Mutation; readonly decide: Decide }[];
  readonly images: boolean;
  readonly request: RecordedRequest | undefined;
  readonly trimmer: () => OutcomeTrimmer;
  /** What the row of the only step was just now, where that is known. */
  readonly met?: { readonly item: Item | undefined };
}

export type UnitResult =
  { readonly kind: "fresh" | "replayed"; readonly outcomes: readonly WriteOutcome[] } | { readonly kind: "reused" };

/** A row of the unit, or one that gives way to it. */
interface Row {
  readonly table: Table;
  readonly key: Item;
  met: MetRow | undefined;
  after: EntityRecord | undefined;
}

/** What one attempt would write. */
interface Draft {
  readonly rows: ReadonlyMap<string, Row>;
  readonly outcomes: readonly WriteOutcome[];
  /** Which step is to have a marker. */
  readonly claims: ReadonlyMap<string, number>;
}

export async function writeUnit(writer: Writer, unit: Unit, call: Call): Promise<UnitResult> {
  return new Attempts(writer, unit, call).run();
}

class Attempts {
  readonly #writer: Writer;
  readonly #unit: Unit;
  readonly #call: Call;
  readonly #entities: readonly EntityModel[];
  /** What is known of rows, by table and key. */
  readonly #met = new Map<string, MetRow | undefined>();
  /** Expired rows that have a unique value which is needed, and rows that are not there any more but left a marker. */
  readonly #evicted = new Map<string, Row>();
  /** By marker, the row that it names and that has no use for it. */
  readonly #orphans = new Map<string, Orphan>();

  constructor(writer: Writer, unit: Unit, call: Call) {
    this.#writer = writer;
    this.#unit = unit;
    this.#call = call;
    this.#entities = unit.steps.map(({ mutation }) => mutation.entity);
  }

  async run(): Promise<UnitResult> {
    const { request } = this.#unit;
    if (request) {
      const recalled = await this.#recalled(request);
      if (recalled) return recalled;
    }
    await this.#readRows();
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const draft = this.#decide();
      if (draft.outcomes.some(({ status }) => status !== "applied")) return this.#refused(draft.outcomes);
      const writes = this.#writesOf(draft);
      if (writes.length === 0) return { kind: "fresh", outcomes: draft.outcomes };
      if (this.#call.aborted) throw new NotSent("the call ended before its write was sent");
      const refusals = await sendWrites(
        this.#writer.session,
        writes.map(({ write }) => write),
        this.#call,
      );
      if (refusals.length === 0) return { kind: "fresh", outcomes: draft.outcomes };
      const answer = await this.#learn(draft, writes, refusals);
      if (answer) return answer;
      if (attempt > 1) await pause(attempt - 1, this.#call, FIRST_PAUSE);
    }
    throw new Fault(
      "TRANSACTION_CONFLICT",
      "the rows were changed by others each time they were to be written; try again",
    );
  }

  /** What is in the way may be what an equal request has just written: then that one's answer is this one's too. */
  async #refused(outcomes: readonly WriteOutcome[]): Promise<UnitResult> {
    const { request } = this.#unit;
    return (request && (await this.#recalled(request))) ?? { kind: "fresh", outcomes };
  }

  async #recalled(request: RecordedRequest): Promise<UnitResult | undefined> {
    const { beside } = this.#writer;
    const wanted = [{ table: beside, key: requestKey(beside, request) }];
    const [item] = await itemsOf(this.#writer.session, wanted, { fields: undefined, strong: true }, this.#call);
    return this.#replay(item, request);
  }

  #replay(item: Item | undefined, request: RecordedRequest): UnitResult | undefined {
    const recalled = recall(item, request, this.#entities);
    // A write's outcomes are recorded by the same request, so they are a write's.
    return recalled as UnitResult | undefined;
  }

  /** A Create by itself takes its row for missing, which it mostly is: what it is instead comes with the refusal. */
  async #readRows(): Promise<void> {
    const { steps, met } = this.#unit;
    const [only] = steps;
    if (only && steps.length === 1 && only.mutation.kind === "create") return;
    if (only && met) {
      const table = this.#writer.tableFor(only.mutation.entity);
      this.#met.set(placeOf(table, keyItem(table, only.mutation.key)), metRow(table, met.item));
      return;
    }
    const wanted = new Map<string, { readonly table: Table; readonly key: Item }>();
    for (const { mutation } of steps) {
      const table = this.#writer.tableFor(mutation.entity);
      const key = keyItem(table, mutation.key);
      wanted.set(placeOf(table, key), { table, key });
    }
    const items = await itemsOf(
      this.#writer.session,
      [...wanted.values()],
      { fields: undefined, strong: true },
      this.#call,
    );
    for (const [i, [place, { table }]] of [...wanted].entries()) this.#met.set(place, metRow(table, items[i]));
  }

  /** In order, each on what those before it left. */
  #decide(): Draft {
    const { steps, images } = this.#unit;
    const rows = new Map<string, Row>();
    for (const [place, row] of this.#evicted) rows.set(place, { ...row });
    const owners = new Map<string, string | undefined>(); // by marker; undefined is set free
    const claims = new Map<string, number>();
    const outcomes: WriteOutcome[] = [];
    const trimmer = this.#unit.trimmer();
    for (const [i, { mutation, decide }] of steps.entries()) {
      const table = this.#writer.tableFor(mutation.entity);
      const key = keyItem(table, mutation.key);
      const place = placeOf(table, key);
      const met = this.#met.get(place);
      const row: Row = rows.get(place) ?? { table, key, met, after: met?.record };
      rows.set(place, row);
      const before = row.after;
      const decision = decide(before);
      if (decision.action === "store" || decision.action === "remove") {
        row.after = decision.action === "store" ? decision.record : undefined;
        const violated = this.#take(row, before, owners, claims, i);
        if (violated) {
          const failed: WriteOutcome = {
            status: "failed",
            error: new UniqueViolation(mutation.entity, violated.index),
          };
          return { rows, claims, outcomes: onlyThisSaysWhy(steps, i, failed) };
        }
      }
      const outcome = outcomeOf(decision, before, images);
      if (outcome.status !== "applied") return { rows, claims, outcomes: onlyThisSaysWhy(steps, i, outcome) };
      outcomes.push(trimmer.next(outcome, mutation.entity));
    }
    return { rows, claims, outcomes };
  }

  /** Moves unique values between the rows of the unit; a marker that another row of it has is a violation. */
  #take(
    { table, after }: Row,
    before: EntityRecord | undefined,
    owners: Map<string, string | undefined>,
    claims: Map<string, number>,
    step: number,
  ): Marker | undefined {
    for (const { id, owner } of markersOf(table, before)) {
      if ((owners.get(id) ?? owner) === owner) owners.set(id, undefined);
      claims.delete(id);
    }
    for (const marker of markersOf(table, after)) {
      const owner = owners.get(marker.id);
      if (owner !== undefined && owner !== marker.owner) return marker;
      owners.set(marker.id, marker.owner);
      claims.set(marker.id, step);
    }
    return undefined;
  }

  #writesOf(draft: Draft): readonly Planned[] {
    const writes: Planned[] = [];
    const released = new Map<string, Marker>();
    const claimed = new Map<string, Marker>();
    for (const [place, row] of draft.rows) {
      const write = rowWrite(row.table, row.met, row.after);
      if (write) writes.push({ write, of: { kind: "row", place, table: row.table } });
      for (const marker of markersOf(row.table, row.met?.record)) released.set(marker.id, marker);
      for (const marker of markersOf(row.table, row.after)) claimed.set(marker.id, marker);
    }
    const { beside } = this.#writer;
    for (const [id, marker] of claimed) {
      const from = released.get(id)?.owner;
      if (from === marker.owner) continue;
      const orphan = this.#orphans.get(id);
      writes.push({ write: claimWrite(beside, marker, from ?? orphan?.owner), of: { kind: "marker", marker } });
      if (!orphan || from !== undefined || writes.some(({ of }) => of.kind === "row" && of.place === orphan.place))
        continue;
      const { table, key, met, place } = orphan;
      writes.push({ write: rowCheck(table, key, met), of: { kind: "orphan", id, place } });
    }
    for (const [id, marker] of released)
      if (!claimed.has(id)) writes.push({ write: releaseWrite(beside, marker), of: { kind: "marker", marker } });
    const { request } = this.#unit;
    if (request) {
      const write = requestWrite(beside, request, draft.outcomes, this.#entities);
      writes.push({ write, of: { kind: "request" } });
    }
    return writes;
  }

  /** What the refusals say of the rows; an answer where they settle the matter. */
  async #learn(
    draft: Draft,
    writes: readonly Planned[],
    refusals: readonly Refusal[],
  ): Promise<UnitResult | undefined> {
    const { request, steps } = this.#unit;
    const told = refusals.flatMap(({ at, item }) => {
      const planned = writes[at];
      return planned ? [{ of: planned.of, item }] : [];
    });
    const isRecorded = told.find(({ of }) => of.kind === "request");
    const replayed = isRecorded && request && this.#replay(isRecorded.item, request);
    if (replayed) return replayed;
    for (const { of, item } of told) {
      if (of.kind === "orphan") this.#orphans.delete(of.id);
      if (of.kind !== "row") continue;
      this.#met.set(of.place, metRow(of.table, item));
      this.#evicted.delete(of.place);
    }
    // What the rows are comes first: a key that is taken is reported before a value that is.
    if (told.some(({ of }) => of.kind === "row")) return undefined;
    for (const { of, item } of told) {
      if (of.kind !== "marker") continue;
      const violated = await this.#meetOwner(draft, of.marker, item);
      if (violated === undefined) continue;
      const failed: WriteOutcome = { status: "failed", error: new UniqueViolation(violated.entity, of.marker.index) };
      return this.#refused(onlyThisSaysWhy(steps, violated.step, failed));
    }
    return undefined;
  }

  /** Which step wants what another row has; undefined where that row gives way, or is not there. */
  async #meetOwner(draft: Draft, { id }: Marker, item: Item | undefined): Promise<Wanting | undefined> {
    const step = draft.claims.get(id);
    const mutation = step === undefined ? undefined : this.#unit.steps[step]?.mutation;
    const met = metMarker(item);
    if (step === undefined || !mutation || !met) return undefined;
    const table = this.#writer.tableFor(mutation.entity);
    const wanted = [{ table, key: met.key }];
    const [found] = await itemsOf(this.#writer.session, wanted, { fields: undefined, strong: true }, this.#call);
    const row = metRow(table, found);
    const hasIt = markersOf(table, row?.record).some((marker) => marker.id === id);
    if (!row || !hasIt) {
      // Others took its row away, who know nothing of markers; or it has just changed, and the check says so.
      this.#orphans.set(id, { ...met, table, met: row, place: placeOf(table, met.key) });
      return undefined;
    }
    if (!isExpired(mutation.entity, row.record, mutation.now)) return { step, entity: mutation.entity };
    const place = placeOf(table, met.key);
    if (draft.rows.has(place) && !this.#evicted.has(place)) this.#met.set(place, row);
    else this.#evicted.set(place, { table, key: met.key, met: row, after: undefined });
    return undefined;
  }
}

interface Orphan extends Pick<Row, "table" | "key" | "met"> {
  readonly owner: string;
  readonly place: string;
}

interface Wanting {
  readonly step: number;
  readonly entity: EntityModel;
}

type Planned = {
  readonly write: ItemWrite;
  readonly of:
    | { readonly kind: "row"; readonly place: string; readonly table: Table }
    | { readonly kind: "marker"; readonly marker: Marker }
    | { readonly kind: "orphan"; readonly id: string; readonly place: string }
    | { readonly kind: "request" };
};
