/** The references of a plan that a store enforces. One that is not declared any more must refuse nothing. */

import { fieldByNumber, type ContractField } from "./contract.ts";
import type { Planning } from "./planning.ts";
import type { Step } from "./plan.ts";

type Action = ContractField["onDelete"];

export function referenceSteps(planning: Planning): readonly Step[] {
  return planning.stored.fields.flatMap((stored) => {
    const field = fieldByNumber(planning.wanted, stored.number);
    const now = field?.onDelete ?? "none";
    if (stored.onDelete === now || (planning.isEarlier && !field)) return [];
    return [referenceStep(planning, stored, { name: field?.name ?? stored.name, onDelete: now })];
  });
}

/** What the reference of a field does once the plan is done: an older process has no say in it. */
export function actionAfter({ isEarlier }: Planning, stored: ContractField, now: Action): Action {
  return isEarlier ? stored.onDelete : now;
}

function referenceStep(
  { wanted, abilities, isEarlier }: Planning,
  stored: ContractField,
  { name, onDelete }: Pick<ContractField, "name" | "onDelete">,
): Step {
  const base = {
    entity: wanted.entity,
    subject: name,
    from: referenceText(stored.onDelete),
    to: referenceText(onDelete),
    blocks: false,
    locks: "nothing",
    back: "nothing to undo",
    work: { kind: "none" },
  } as const;
  if (isEarlier)
    return { ...base, class: "nothing", by: "none", what: "a newer version says otherwise, and it stays as that says" };
  const done = { ...base, by: "auto", locks: abilities.locks.additive } as const;
  // Whether it is enforced, the store looks for itself.
  if (onDelete !== "none")
    return {
      ...done,
      class: "additive",
      what: "it is enforced once every row refers to one that is there; no row changes",
      back: "take it away, in a version that was not served before",
    };
  return {
    ...done,
    class: "convertible",
    what: "it is not enforced any more, so that it binds nobody; no row changes",
    blocks: true,
    back: "declare it again, in a version that was not served before",
    work: { kind: "drop reference", number: stored.number },
  };
}

function referenceText(onDelete: Action): string {
  return onDelete === "none" ? "no enforced reference" : `a reference with ON_DELETE_${onDelete.toUpperCase()}`;
}
