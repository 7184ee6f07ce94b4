/** The indexes of a plan. One that changes is a new one beside the old, which older processes go on using. */

import { fieldByNumber, isSameIndex, type Contract, type ContractIndex } from "./contract.ts";
import type { Planning } from "./planning.ts";
import type { Step } from "./plan.ts";

export interface PlannedIndexes {
  readonly steps: readonly Step[];
  readonly indexes: readonly ContractIndex[];
  /** Of the store alone, and not unique: they cost writes and bind nobody. */
  readonly left: readonly ContractIndex[];
}

export function planIndexes(planning: Planning): PlannedIndexes {
  const { wanted, stored, isEarlier } = planning;
  const taken = new Set(stored.indexes.map(({ physical }) => physical.toLowerCase()));
  const steps: Step[] = [];
  const indexes = wanted.indexes.map((index) => {
    const found = stored.indexes.find((candidate) => isSameIndex(candidate, index));
    if (found) return found;
    const added = { ...index, physical: freeName(index.physical, planning.revision, taken) };
    steps.push(addedStep(planning, added));
    return added;
  });
  const left: ContractIndex[] = [];
  for (const index of stored.indexes) {
    if (wanted.indexes.some((candidate) => isSameIndex(candidate, index))) continue;
    if (!index.unique || isEarlier) left.push(index);
    if (!isEarlier) steps.push(index.unique ? releasedStep(planning, index) : leftStep(planning, index));
  }
  return { steps, indexes, left };
}

function freeName(wanted: string, revision: number, taken: Set<string>): string {
  let name = wanted;
  for (let i = revision; taken.has(name.toLowerCase()); i += 1) name = `${wanted}__${i}`;
  taken.add(name.toLowerCase());
  return name;
}

function addedStep({ wanted, stored, abilities, rows, isEarlier }: Planning, index: ContractIndex): Step {
  const base = {
    entity: wanted.entity,
    subject: `index ${index.name}`,
    from: "nothing",
    to: indexText(wanted, index),
    blocks: true,
    locks: abilities.locks.index,
    back: "serve the earlier version; the index is kept until it is dropped",
    work: { kind: "add index", physical: index.physical } as const,
  };
  if (!index.unique || isBoundAlready(stored, index)) {
    return { ...base, class: "additive", by: "auto", what: "the index is built; no row changes" };
  }
  const isInstant = rows !== undefined && rows <= abilities.instantRows && !isEarlier;
  return {
    ...base,
    class: "convertible",
    by: isInstant ? "auto" : "apply",
    what: "no two rows may have equal values; it is built only where none have",
    look: {
      kind: "duplicates",
      numbers: index.parts.map(({ number }) => number),
      ...(index.leavesOut !== undefined && { leavesOut: index.leavesOut }),
    },
  };
}

/** Whether an index that binds all rows binds those of this one, too. */
function isBoundAlready({ indexes }: Contract, { parts, leavesOut }: ContractIndex): boolean {
  return indexes.some((stored) => {
    const isWider = stored.unique && (stored.leavesOut === undefined || stored.leavesOut === leavesOut);
    return isWider && stored.parts.every(({ number }) => parts.some((part) => part.number === number));
  });
}

function releasedStep({ wanted, stored }: Planning, index: ContractIndex): Step {
  return {
    class: "convertible",
    by: "auto",
    entity: wanted.entity,
    subject: `index ${index.name}`,
    from: indexText(stored, index),
    to: wanted.indexes.some(({ name }) => name === index.name) ? "as declared now" : "nothing",
    what: "the index is dropped, so that it binds nobody; no row changes",
    blocks: true,
    locks: "writers for a moment; readers never",
    back: "declare it again; it is built where no two rows have equal values",
    work: { kind: "drop index", physical: index.physical },
  };
}

function leftStep({ wanted, stored }: Planning, index: ContractIndex): Step {
  return {
    class: "convertible",
    by: "apply",
    entity: wanted.entity,
    subject: `index ${index.name}`,
    from: indexText(stored, index),
    to: "nothing",
    what: "no longer declared; it is kept, for older processes, until migrate apply drops it",
    blocks: false,
    locks: "writers for a moment; readers never",
    back: "declare it again",
    work: { kind: "drop index", physical: index.physical },
  };
}

function indexText(contract: Contract, index: ContractIndex): string {
  const parts = index.parts.map(
    ({ number, desc }) => `${fieldByNumber(contract, number)?.name ?? number}${desc ? " desc" : ""}`,
  );
  const but = index.leavesOut === undefined ? "" : " among rows that are not deleted";
  return `${index.unique ? "unique " : ""}(${parts.join(", ")})${but}`;
}
