/** Contract in the store + entity now + what the store can do → plan. Pure. */

import { contractDigest } from "./contract-text.ts";
import { isSameIndex, type Contract, type ContractField, type StoredContract } from "./contract.ts";
import type { Plan, Step } from "./plan.ts";
import { planFields } from "./plan-fields.ts";
import { planIndexes } from "./plan-indexes.ts";
import { planKey, planManaged } from "./plan-key.ts";
import { referenceSteps } from "./plan-references.ts";
import type { Planning, PlanRequest } from "./planning.ts";

export function planChange(request: PlanRequest): Plan {
  const { wanted, history } = request;
  const newest = history.at(-1);
  const to = contractDigest(wanted);
  if (!newest) return firstPlan(request, to);
  const planning: Planning = {
    ...request,
    stored: newest.contract,
    revision: newest.revision + 1,
    isEarlier: isEarlierIn(history, to),
  };
  const fields = planFields(planning);
  const indexes = planIndexes(planning);
  const steps = [
    ...planTable(planning),
    ...fields.steps,
    ...referenceSteps(planning),
    ...planKey(planning),
    ...planManaged(planning),
    ...indexes.steps,
  ].map((step) => possible(step, request));
  return {
    entity: wanted.entity,
    table: newest.contract.table,
    revision: newest.revision,
    from: newest.digest,
    to,
    isEarlier: planning.isEarlier,
    steps,
    // An older process adds what it lacks, and has no say in the rest.
    next: {
      ...(planning.isEarlier ? { ...newest.contract, key: wanted.key } : wanted),
      table: newest.contract.table,
      fields: [...fields.fields, ...fields.left].toSorted((a, b) => a.number - b.number),
      indexes: [...indexes.indexes, ...indexes.left],
    },
  };
}

/** Whether an entity was served before, by its digest, and the store has moved on since. */
export function isEarlierIn(history: readonly StoredContract[], entity: string): boolean {
  return history.at(-1)?.digest !== entity && history.some(({ digest }) => digest === entity);
}

/** Where migrate apply does nothing, nobody can be told to have it done by that command. */
function possible(found: Step, { abilities }: Pick<PlanRequest, "abilities">): Step {
  if (abilities.convertsRows !== false) return found;
  const { accept, ...step } = found;
  if (step.by === "auto") return { ...step, isAtStartAlone: true };
  if (step.by === "apply" || step.by === "accept") return { ...step, by: "hand" };
  return { ...step, ...(accept !== undefined && { accept }) };
}

/** Where the store has no contract of the entity: everything is new. */
function firstPlan({ wanted, abilities }: PlanRequest, to: string): Plan {
  const step: Step = {
    class: "additive",
    by: "auto",
    entity: wanted.entity,
    subject: "",
    from: "nothing",
    to: `table ${wanted.table}`,
    what: `the table ${wanted.table} is made, with ${wanted.fields.length} columns and ${wanted.indexes.length} indexes`,
    blocks: true,
    locks: abilities.locks.additive,
    back: "drop the table",
    work: { kind: "create" },
  };
  return {
    entity: wanted.entity,
    table: wanted.table,
    revision: 0,
    from: "",
    to,
    isEarlier: false,
    steps: [possible(step, { abilities })],
    next: wanted,
  };
}

/** Where something keeps the entity from being compared with what the store holds. */
export function planRefused(wanted: Contract, what: string): Plan {
  const step: Step = {
    class: "impossible",
    by: "never",
    entity: wanted.entity,
    subject: "",
    from: "what is there",
    to: `table ${wanted.table}`,
    what,
    blocks: true,
    locks: "nothing",
    back: "nothing was done",
    work: { kind: "none" },
  };
  const { entity, table } = wanted;
  const to = contractDigest(wanted);
  return { entity, table, revision: 0, from: "", to, isEarlier: false, steps: [step], next: wanted };
}

/** Rows stay in the table they are in: identity is the entity's name. */
function planTable({ wanted, stored }: Planning): readonly Step[] {
  if (wanted.table === stored.table) return [];
  return [
    {
      class: "nothing",
      by: "none",
      entity: wanted.entity,
      subject: "",
      from: `table ${stored.table}`,
      to: `table ${wanted.table}`,
      what: `the rows stay in the table ${stored.table}, and are served from there`,
      blocks: false,
      locks: "nothing",
      back: "nothing to undo",
      work: { kind: "none" },
    },
  ];
}

/** As the entity sees the store: its own fields and indexes, under the names they have there. */
export function viewOf(stored: Contract, wanted: Contract): Contract {
  const columns = new Map(stored.fields.map((field): [number, ContractField] => [field.number, field]));
  return {
    ...wanted,
    table: stored.table,
    fields: wanted.fields.map((field) => ({ ...field, column: columns.get(field.number)?.column ?? field.column })),
    indexes: wanted.indexes.map((index) => {
      const found = stored.indexes.find((candidate) => isSameIndex(candidate, index));
      return { ...index, physical: found?.physical ?? index.physical };
    }),
  };
}
