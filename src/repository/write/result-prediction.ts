/**
 * The answers of writes to a store that returns nothing: the rows are read before, what the writes make of them is
 * worked out by the same `transition` that says what they mean, and one more read afterwards confirms it. Where others
 * wrote in between, the answer is the row as it was then found.
 */

import { has, limitOf } from "../../adapter/capabilities.ts";
import type { Call } from "../../model/call.ts";
import { equalRecords } from "../../model/compare.ts";
import { keyText, type EntityKey } from "../../model/key.ts";
import type { Mutation } from "../../model/mutation.ts";
import { transition } from "../../model/transition.ts";
import type { EntityRecord } from "../../model/value.ts";
import { attempt } from "../attempt.ts";
import type { Prepared } from "./prepare.ts";
import type { Scope } from "../scope.ts";

export interface ResultPrediction {
  /** By write: its row as it was left, where one is known. Reads once more; to be asked after the writes. */
  confirmed(call: Call): Promise<readonly (EntityRecord | undefined)[]>;
}

const NOTHING: ResultPrediction = { confirmed: async () => [] };

/** False where the store returns rows, or where no answer needs one. */
export function arePredicted(scope: Scope, writes: readonly Prepared[]): boolean {
  const isKnown = ({ mutation, shown }: Prepared): boolean => shown.keyOnly || mutation.kind === "create";
  return !has(scope.adapter.capabilities, "returning") && !writes.every(isKnown);
}

/** Reads nothing where nothing is to be predicted. */
export async function predictResults(scope: Scope, writes: readonly Prepared[], call: Call): Promise<ResultPrediction> {
  if (!arePredicted(scope, writes)) return NOTHING;
  const mutations = writes.map(({ mutation }) => mutation);
  const expected = new Map(await readRows(scope, mutations, call));
  const left = mutations.map((mutation) => applied(expected, mutation));
  return {
    confirmed: async (after) => {
      const found = await readRows(scope, mutations, after).catch(() => undefined);
      if (!found) return left; // the writes are done; a failure now must not say otherwise
      return mutations.map((mutation, i) => {
        const text = textOf(mutation);
        const [was, is] = [expected.get(text), found.get(text)];
        const isAsExpected = was === is || (was && is && equalRecords(mutation.entity.message, was, is));
        return isAsExpected ? left[i] : (is ?? left[i]);
      });
    },
  };
}

/** What one write leaves, with the rows changed accordingly for those behind it. */
function applied(rows: Map<string, EntityRecord>, mutation: Mutation): EntityRecord | undefined {
  const decision = transition(mutation, rows.get(textOf(mutation)));
  if (decision.action === "reject") return undefined;
  if (decision.action === "store") rows.set(textOf(mutation), decision.record);
  if (decision.action === "remove") rows.delete(textOf(mutation));
  return decision.record;
}

function textOf({ entity, key }: EntityKey): string {
  return `${entity.name}/${keyText(key)}`;
}

async function readRows(
  scope: Scope,
  mutations: readonly Mutation[],
  call: Call,
): Promise<ReadonlyMap<string, EntityRecord>> {
  const keys = [...new Map(mutations.map(({ entity, key }) => [textOf({ entity, key }), { entity, key }])).values()];
  const width = Math.max(1, Math.min(keys.length, limitOf(scope.adapter.capabilities, "batch_get")));
  const rows = new Map<string, EntityRecord>();
  for (let i = 0; i < keys.length; i += width) {
    const chunk = keys.slice(i, i + width);
    const request = { keys: chunk, fields: undefined, consistency: undefined };
    const outcomes = await attempt(scope, call, () => scope.adapter.read(request, call));
    chunk.forEach((key, n) => {
      const outcome = outcomes[n];
      if (outcome?.status === "found") rows.set(textOf(key), outcome.record);
    });
  }
  return rows;
}
