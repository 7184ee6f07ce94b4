/**
 * Brings an entity's rows under the contract it asks for now, one bounded step at a time: rows are copied into a table beside
 * the old one, which takes its place at the end by one change of the catalog. One process has the database, so nobody writes
 * meanwhile; a step that is killed is done again.
 */

import { commonType } from "../../migration/common-type.ts";
import { fieldConverter } from "../../migration/convert-field.ts";
import { contractText, parseContract } from "../../migration/contract-text.ts";
import { fieldByNumber, type Contract, type ContractField } from "../../migration/contract.ts";
import { modelOf } from "../../migration/model.ts";
import { stepLine } from "../../migration/plan-text.ts";
import type { EntityModel } from "../../model/entity.ts";
import type { EntityRecord, MutableRecord } from "../../model/value.ts";
import { absentValue } from "../../model/zero.ts";
import type { ConversionProgress, ConversionRequest } from "../schema.ts";
import type { Layout } from "../ordered/byte-table.ts";
import { prefixOf } from "../ordered/byte-table.ts";
import { intervalOf } from "../ordered/interval.ts";
import { rowCodec } from "../ordered/row-bytes.ts";
import { carryUnread } from "../document/document.ts";
import { writeCatalog, type Catalog, type Conversion } from "./byte-catalog.ts";
import {
  carryOut,
  clearGarbage,
  countUpTo,
  createEntries,
  EQUAL,
  recorded,
  tableUnder,
  type Place,
} from "./byte-schema.ts";
import { nextContract, surveyed } from "./byte-contracts.ts";

export interface Converted {
  readonly catalog: Catalog;
  readonly progress: ConversionProgress;
}

/** One step. */
export async function convert(place: Place, catalog: Catalog, request: ConversionRequest): Promise<Converted> {
  const { entity, accept } = request;
  const answer = (progress: ConversionProgress, now: Catalog = catalog): Converted => ({ catalog: now, progress });
  const found = surveyed(catalog, entity, 0); // however many rows there are, it is done now
  if (!("plan" in found)) return answer(refusal(found.drift.map(({ what }) => what)));
  const { plan } = found;
  const refused = plan.steps.filter((step) => {
    const isAsked = step.by === "accept" && accept.includes(step.accept ?? "");
    return step.blocks && (step.by === "never" || (step.by === "accept" && !isAsked));
  });
  if (refused.length > 0) return answer(refusal(refused.map(stepLine)));
  const drops = plan.steps.flatMap(({ work, accept: name }) =>
    work.kind === "drop field" && accept.includes(name ?? "") ? [work.number] : [],
  );
  const target = nextContract(plan, entity, drops);
  if (drops.length === 0 && !plan.steps.some(({ work }) => work.kind.startsWith("rewrite"))) {
    const outcome = await carryOut(place, catalog, plan, target);
    if ("drift" in outcome) return answer(refusal(outcome.drift.map(({ what }) => what)));
    return answer({ status: "done", copied: 0, total: 0 }, await clearGarbage(place, outcome.catalog));
  }
  const before = catalog.tables[entity.name];
  const stored = catalog.contracts[entity.name]?.at(-1);
  if (!stored || !before) throw new TypeError("a conversion begins with rows");
  const wish = JSON.stringify([plan.to, plan.revision, accept.toSorted()]);
  const running = catalog.conversions[entity.name];
  if (running?.wish !== wish) {
    const total = await countUpTo(place.engine, before, Infinity);
    const begun = begin(withoutConversion(catalog, entity.name), entity, { wish, target: contractText(target), total });
    await writeCatalog(place.path, begun);
    return answer({ status: "running", copied: 0, total }, begun);
  }
  const step = await copy(place, { stored: parseContract(stored.text), running, from: before.id, rows: request.rows });
  if ("why" in step) {
    const abandoned = withoutConversion(catalog, entity.name);
    await writeCatalog(place.path, abandoned);
    return answer(refusal([`${step.why}; nothing was changed`]), await clearGarbage(place, abandoned));
  }
  const { total } = running;
  const { cursor, copied } = step;
  if (step.isLast) {
    const garbage = [...catalog.garbage, before.id, ...Object.values(before.indexes)];
    const swapped = recorded({ ...catalog, garbage }, plan, parseContract(running.target), running.table);
    await writeCatalog(place.path, swapped);
    return answer({ status: "done", copied, total }, await clearGarbage(place, swapped));
  }
  const conversions = { ...catalog.conversions, [entity.name]: { ...running, cursor, copied } };
  const gone = { ...catalog, conversions };
  await writeCatalog(place.path, gone);
  return answer({ status: "running", copied, total }, gone);
}

function refusal(why: readonly string[]): ConversionProgress {
  return { status: "refused", copied: 0, total: 0, why };
}

function begin(
  catalog: Catalog,
  { name }: EntityModel,
  wished: Pick<Conversion, "wish" | "target" | "total">,
): Catalog {
  let { next } = catalog;
  const id = next++;
  const names = parseContract(wished.target).indexes.map(({ physical }) => [physical, next++] as const);
  const conversion: Conversion = {
    ...wished,
    table: { id, indexes: Object.fromEntries(names) },
    cursor: "",
    copied: 0,
  };
  return { ...catalog, next, conversions: { ...catalog.conversions, [name]: conversion } };
}

/** What was copied goes with it. */
export function withoutConversion(catalog: Catalog, entity: string): Catalog {
  const { [entity]: gone, ...conversions } = catalog.conversions;
  if (!gone) return catalog;
  return {
    ...catalog,
    conversions,
    garbage: [...catalog.garbage, gone.table.id, ...Object.values(gone.table.indexes)],
  };
}

/** All rows of an entity that is not declared any more, and what is known of it. */
export async function drop(place: Place, catalog: Catalog, entity: string): Promise<Converted> {
  const { [entity]: table, ...tables } = catalog.tables;
  const { [entity]: _, ...contracts } = catalog.contracts;
  const total = table ? await countUpTo(place.engine, table, Infinity) : 0;
  const ids = table ? [table.id, ...Object.values(table.indexes)] : [];
  const rest = withoutConversion(catalog, entity);
  const dropped = { ...rest, tables, contracts, garbage: [...rest.garbage, ...ids] };
  await writeCatalog(place.path, dropped);
  return { catalog: await clearGarbage(place, dropped), progress: { status: "done", copied: total, total } };
}

interface Copying {
  readonly stored: Contract;
  readonly running: Conversion;
  /** Number of the old table. */
  readonly from: number;
  readonly rows: number;
}

type Copied = { readonly cursor: string; readonly copied: number; readonly isLast: boolean } | { readonly why: string };

async function copy({ engine }: Place, { stored, running, from, rows }: Copying): Promise<Copied> {
  const target = parseContract(running.target);
  const layout: Layout = { id: running.table.id, indexes: new Map(Object.entries(running.table.indexes)) };
  const table = tableUnder(target, layout);
  const move = rowMover(stored, target);
  const whole = intervalOf(prefixOf("row", from));
  const start =
    running.cursor === "" ? whole.start : Buffer.concat([Buffer.from(running.cursor, "base64"), Buffer.of(0)]);
  const snapshot = engine.snapshot();
  const entries = snapshot.entries({ start, end: whole.end }, false);
  try {
    const some = await entries.next(rows);
    const added = createEntries(engine);
    for (const [, bytes] of some) {
      const moved = move(bytes);
      if ("misfit" in moved) return { why: `a value of ${moved.misfit} does not fit` };
      const key = table.rowKey(table.entity.key.map(({ ordinal }) => moved.row[ordinal] ?? ""));
      added.changes.push({ key, value: table.encode(moved.row) });
      if (!added.add(table, moved.row, key)) return { why: EQUAL };
    }
    await engine.commit(added.changes);
    const cursor = some.at(-1)?.[0].toString("base64") ?? running.cursor;
    return { cursor, copied: running.copied + some.length, isLast: some.length === 0 };
  } finally {
    await entries.close();
    await snapshot.close();
  }
}

type Moved = { readonly row: EntityRecord } | { readonly misfit: string };

/** From the bytes of a row under one contract to a record under the next. */
function rowMover(from: Contract, to: Contract): (bytes: Buffer) => Moved {
  const known = (field: ContractField): ContractField => {
    const now = fieldByNumber(to, field.number);
    return now ? { ...field, type: commonType(field.type, now.type) } : field;
  };
  const source = modelOf({ ...from, fields: from.fields.map(known) });
  const wanted = modelOf(to);
  const codec = rowCodec(source);
  const parts = wanted.fields.map((field) => {
    const earlier = source.fields.find(({ number }) => number === field.number);
    return { field, ordinal: earlier?.ordinal ?? -1, convert: earlier && fieldConverter(earlier, field, carryUnread) };
  });
  return (bytes) => {
    const record = codec.decode(bytes);
    const row: MutableRecord = wanted.fields.map(absentValue);
    for (const { field, ordinal, convert: convertField } of parts) {
      if (!convertField) continue;
      const converted = convertField(record[ordinal]);
      if (!converted.fits) return { misfit: field.name };
      row[field.ordinal] = converted.value;
    }
    return { row };
  };
}
