// Fills a sidecar with rows, in batches that fit into a message.
import { setTimeout as wait } from "node:timers/promises";
import type { JsonObject } from "@bufbuild/protobuf";
import { numberOf, objectOf, objects, part } from "./ask.ts";
import type { Sidecar } from "./sidecar.ts";

/** Items and JSON characters of one BatchWrite: the limits are 1,000 and 1 MiB, and protobuf is never longer than its JSON. */
const most = { items: 500, characters: 900_000 };

export interface LoadOptions {
  /** Their managed fields too, where the store allows it. */
  readonly restore?: boolean;
  /** Of a long load on a busy machine. */
  readonly patience?: Patience;
}

export interface Patience {
  /** Rows that an earlier run has put. */
  readonly from: number;
  /** How many rows from the first on are put now. */
  readonly progress: (rows: number) => void;
  /** Whether no further batch begins. */
  readonly isOver: () => boolean;
}

/** Batches under way at once. */
const WIDTH = 4;

/**
 * Puts all rows of an entity (protobuf JSON), a few batches at a time. With patience a batch that came too late is put again in halves: a Put
 * that happened twice leaves the same row.
 *
 * @throws Error when one row is refused
 */
export async function loadRows(
  sidecar: Sidecar,
  entity: string,
  rows: readonly object[],
  { restore = false, patience }: LoadOptions = {},
): Promise<void> {
  const batches = cut(rows.slice(patience?.from ?? 0));
  const left = batches.entries();
  const isDone = batches.map(() => false);
  let [first, put] = [0, patience?.from ?? 0];
  const work = async (): Promise<void> => {
    while (patience?.isOver() !== true) {
      const { value } = left.next();
      if (!value) return;
      const [position, batch] = value;
      await putBatch(sidecar, entity, batch, restore, patience ? TRIES : 1);
      isDone[position] = true;
      for (; isDone[first] === true; first += 1) put += batches[first]?.length ?? 0;
      patience?.progress(put);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, work));
}

/** Of a batch, and of each of its halves. */
const TRIES = 12;

/** Codes that say nothing of the rows: the store was busy, or nobody knows what it did. */
const TEMPORARY: ReadonlySet<number> = new Set([2, 4, 8, 10, 14]);

async function putBatch(
  sidecar: Sidecar,
  entity: string,
  rows: readonly JsonObject[],
  restore: boolean,
  tries: number,
): Promise<void> {
  const writes = rows.map((row) => ({ put: { entity: row, ...(restore && { restore }) } }));
  const outcome = await sidecar.call(`${entity}Repository/BatchWrite`, { writes }, { timeout: 30_000 });
  const again = async (left: readonly JsonObject[]): Promise<void> => {
    await wait(250);
    const half = Math.ceil(left.length / 2);
    for (const part of [left.slice(0, half), left.slice(half)])
      if (part.length > 0) await putBatch(sidecar, entity, part, restore, tries - 1);
  };
  if (!outcome.ok) {
    const { code, reason, message } = outcome;
    if (tries > 1 && TEMPORARY.has(code)) return again(rows);
    throw new Error(`${entity}Repository/BatchWrite: ${code} ${reason} ${message}`);
  }
  const results = objects(objectOf(outcome.json), "results");
  const failed = results.flatMap((result, i) => ("status" in result ? [{ result, row: rows[i] ?? {} }] : []));
  const refused = failed.find(({ result }) => tries === 1 || !TEMPORARY.has(numberOf(part(result, "status", "code"))));
  if (refused) throw new Error(`${entity}: ${JSON.stringify(refused.result)}`);
  if (failed.length > 0) await again(failed.map(({ row }) => row));
}

function cut(rows: readonly object[]): JsonObject[][] {
  const batches: JsonObject[][] = [];
  let batch: JsonObject[] = [];
  let characters = 0;
  for (const row of rows) {
    const length = JSON.stringify(row).length;
    if (batch.length === most.items || characters + length > most.characters) {
      batches.push(batch);
      batch = [];
      characters = 0;
    }
    // Fixtures type their rows field by field; every one of them is protobuf JSON.
    batch.push(row as JsonObject);
    characters += length;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
