/** Key and managed fields of a plan. */

import { fieldByNumber, type Contract, type ContractKeyPart, type ManagedName } from "./contract.ts";
import type { Planning } from "./planning.ts";
import type { Step } from "./plan.ts";

export function planKey({ wanted, stored, abilities }: Planning): readonly Step[] {
  const base = { entity: wanted.entity, subject: "key", from: keyText(stored), to: keyText(wanted) };
  const isOther =
    wanted.key.length !== stored.key.length || wanted.key.some(({ number }, i) => number !== stored.key[i]?.number);
  const isPlacedElsewhere = wanted.key.some(({ partition }, i) => partition !== stored.key[i]?.partition);
  if (isOther || (abilities.partitions && isPlacedElsewhere)) {
    return [
      {
        ...base,
        class: "impossible",
        by: "never",
        what: "rows are known by their key: make a new entity with this key, and copy the rows",
        blocks: true,
        locks: "nothing",
        back: "nothing was done",
        work: { kind: "none" },
      },
    ];
  }
  const isTurned = wanted.key.some(({ desc }, i) => desc !== stored.key[i]?.desc);
  if (!isTurned || wanted.key.length < 2) return []; // a single field is walked both ways
  return [
    {
      ...base,
      class: "convertible",
      by: "apply",
      what: "the rows are put in the new order; no value changes",
      blocks: true,
      locks: abilities.locks.rewrite,
      back: "the other way round",
      work: { kind: "rewrite key" },
    },
  ];
}

function keyText(contract: Contract): string {
  const part = ({ number, desc }: ContractKeyPart): string =>
    `${fieldByNumber(contract, number)?.name ?? number}${desc ? " desc" : ""}`;
  return `(${contract.key.map(part).join(", ")})`;
}

const WORDS: { readonly [Kind in ManagedName]: string } = {
  createdAt: "created_at",
  updatedAt: "updated_at",
  deletedAt: "deleted_at",
  expiresAt: "expires_at",
  version: "version",
};

/** Soft delete and expiry decide which rows are seen, so switching them over existing values shows or hides rows. */
export function planManaged(planning: Planning): readonly Step[] {
  const { wanted, stored, isEarlier } = planning;
  if (isEarlier) return [];
  return (["deletedAt", "expiresAt"] as const).flatMap((kind) => {
    const before = stored.managed.find((managed) => managed.kind === kind)?.number;
    const now = wanted.managed.find((managed) => managed.kind === kind)?.number;
    if (before === now) return [];
    const gone = before === undefined ? [] : [managedStep(planning, kind, before, false)];
    const isExisting = now !== undefined && fieldByNumber(stored, now) !== undefined;
    return isExisting ? [...gone, managedStep(planning, kind, now, true)] : gone;
  });
}

function managedStep(
  { wanted, stored }: Planning,
  kind: "deletedAt" | "expiresAt",
  number: number,
  isOn: boolean,
): Step {
  const name = fieldByNumber(wanted, number)?.name ?? fieldByNumber(stored, number)?.name ?? String(number);
  const hidden =
    kind === "deletedAt" ? "rows that have a value count as deleted" : "rows whose time has passed are removed";
  const shown =
    kind === "deletedAt" ? "deleted rows are seen again" : "expired rows that are not swept yet are seen again";
  return {
    class: "destructive",
    by: "accept",
    accept: `${wanted.entity}.${name}`,
    entity: wanted.entity,
    subject: name,
    from: isOn ? "a timestamp" : `managed as ${WORDS[kind]}`,
    to: isOn ? `managed as ${WORDS[kind]}` : "not managed",
    what: isOn ? hidden : shown,
    look: { kind: "present", number },
    blocks: true,
    locks: "nothing",
    back: "the other way round; rows that were removed stay so",
    work: { kind: "none" },
  };
}
