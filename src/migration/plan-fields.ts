/** The fields of a plan: which column each has, and what becomes of its values. */

import { fieldByNumber, type ContractField } from "./contract.ts";
import type { Planning } from "./planning.ts";
import type { Step, StoreAbilities } from "./plan.ts";
import { actionAfter } from "./plan-references.ts";
import { gravest, JOINED, joinedMembers, typeDifferences, type TypeDifference } from "./type-change.ts";
import { typeText } from "./type-text.ts";
import { unionType } from "./union-type.ts";

export interface PlannedFields {
  readonly steps: readonly Step[];
  /** Of the entity, with their columns. */
  readonly fields: readonly ContractField[];
  /** Of the store alone. */
  readonly left: readonly ContractField[];
}

export function planFields(planning: Planning): PlannedFields {
  const { wanted, stored } = planning;
  const taken = new Set(stored.fields.map(({ column }) => column.toLowerCase()));
  const planned = wanted.fields.map((field) => planField(planning, field, taken));
  const left = stored.fields.flatMap((field) =>
    fieldByNumber(wanted, field.number) ? [] : [{ ...field, onDelete: actionAfter(planning, field, "none") }],
  );
  const joined = joinedMembers(stored.fields, wanted.fields);
  return {
    steps: [
      ...planned.flatMap(({ steps }) => steps),
      ...left.flatMap((field) => (planning.isEarlier ? [] : [leftStep(planning, field)])),
      ...joined.map((subject) => joinedStep(planning, subject)),
    ],
    fields: planned.map(({ field }) => field),
    left,
  };
}

interface PlannedField {
  readonly field: ContractField;
  readonly steps: readonly Step[];
}

function planField(planning: Planning, field: ContractField, taken: Set<string>): PlannedField {
  const stored = fieldByNumber(planning.stored, field.number);
  if (!stored) {
    const column = freeName(field.column, field.number, taken);
    return { field: { ...field, column }, steps: [addedStep(planning, field, column)] };
  }
  // A process that is older than the store's contract changes nothing in it that it can live with.
  const differences = typeDifferences(stored.type, field.type);
  if (planning.isEarlier && livesWith(planning, stored, field)) return { field: stored, steps: [] };
  const named = stored.name === field.name ? [] : [renamedStep(planning, stored, field)];
  const shortened = lengthSteps(planning, stored, field);
  const typed = typeSteps(planning, stored, field, differences);
  const isRewritten = typed.some(({ work }) => work.kind === "rewrite");
  const needsNewColumn = isRewritten && !keepsForm(planning, stored, field);
  const column = needsNewColumn
    ? freeName(`${field.column}__${planning.revision}`, field.number, taken)
    : stored.column;
  const type = unionType(stored.type, field.type);
  const onDelete = actionAfter(planning, stored, field.onDelete);
  return { field: { ...field, column, type, onDelete }, steps: [...named, ...shortened, ...typed] };
}

/** A column belongs to one number: a name that another has, or had, gets the number behind it. */
function freeName(wanted: string, number: number, taken: Set<string>): string {
  let name = wanted;
  for (let i = 0; taken.has(name.toLowerCase()); i += 1) name = `${wanted}__${number}${i === 0 ? "" : `_${i}`}`;
  taken.add(name.toLowerCase());
  return name;
}

/** Whether what an older process writes is right in the column as it is, and what it cannot read fails by itself. */
function livesWith({ abilities }: Planning, stored: ContractField, field: ContractField): boolean {
  const grew = gravest(typeDifferences(field.type, stored.type));
  if (grew === "impossible" || grew === "narrowed") return false;
  return abilities.isSameForm(field.type, stored.type) && isPresentAlike(abilities, stored, field);
}

/** Where absence is a NULL, a process that knows none would filter and sort it otherwise than the zero that it reads. */
function isPresentAlike({ boundPresence }: StoreAbilities, wider: ContractField, narrower: ContractField): boolean {
  return boundPresence ? wider.presence === narrower.presence : wider.presence || !narrower.presence;
}

/** Whether the values stay as they are stored, though the table is rewritten. */
function keepsForm({ abilities }: Planning, stored: ContractField, field: ContractField): boolean {
  const grave = gravest(typeDifferences(stored.type, field.type));
  return (
    grave !== "narrowed" && abilities.isSameForm(stored.type, field.type) && isPresentAlike(abilities, field, stored)
  );
}

function typeSteps(
  planning: Planning,
  stored: ContractField,
  field: ContractField,
  differences: readonly TypeDifference[],
): readonly Step[] {
  const { abilities } = planning;
  const isSameForm = abilities.isSameForm(stored.type, field.type);
  const steps = differences.map((difference) => differenceStep(planning, field, difference, isSameForm));
  const presence = gravest(differences) === "impossible" ? undefined : presenceStep(planning, stored, field);
  return presence ? [...steps, presence] : steps;
}

function differenceStep(
  planning: Planning,
  field: ContractField,
  difference: TypeDifference,
  isSameForm: boolean,
): Step {
  const { abilities, wanted } = planning;
  const { verdict, from, to } = difference;
  const subject = [field.name, ...difference.path].join(".");
  const base = { entity: wanted.entity, subject, from, to };
  const accept = `${wanted.entity}.${field.name}`;
  const rewrite = { kind: "rewrite", number: field.number } as const;
  switch (verdict.kind) {
    case "same":
    case "renamed":
    case "added":
      return {
        ...base,
        class: "additive",
        by: "auto",
        what: verdict.kind === "renamed" ? "stored by number, so every row has the new name at once" : "no row changes",
        blocks: false,
        locks: "nothing",
        back: "serve the earlier version; nothing to undo",
        work: { kind: "none" },
      };
    case "left":
      return {
        ...base,
        class: "destructive",
        by: "none",
        what: "rows keep the values until the message is written anew",
        blocks: false,
        locks: "nothing",
        back: "declare the number again",
        work: { kind: "none" },
      };
    case "widened":
      return {
        ...base,
        class: "convertible",
        by: isSameForm ? "auto" : "apply",
        what: isSameForm
          ? "stored alike, so no row changes"
          : "every value is written in its new form, and none changes",
        blocks: !isSameForm,
        locks: isSameForm ? "nothing" : abilities.locks.rewrite,
        back: isSameForm
          ? "serve the earlier version; values that it cannot hold fail their own rows there"
          : "the other way round, as long as every value fits",
        work: isSameForm ? { kind: "none" } : rewrite,
      };
    case "narrowed":
      return {
        ...base,
        class: "destructive",
        by: "accept",
        accept,
        what: `${verdict.why}; one row that does not fit undoes the whole`,
        look: { kind: "values", number: field.number },
        blocks: true,
        locks: abilities.locks.rewrite,
        back: "the other way round, which loses nothing",
        work: rewrite,
      };
    case "impossible":
      return {
        ...base,
        class: "impossible",
        by: "never",
        what: verdict.instead,
        blocks: true,
        locks: "nothing",
        back: "nothing was done",
        work: { kind: "none" },
      };
  }
}

function presenceStep({ abilities, wanted }: Planning, stored: ContractField, field: ContractField): Step | undefined {
  const isSingle = field.type.kind !== "list" && field.type.kind !== "map";
  if (stored.presence === field.presence || !isSingle || stored.type.kind === "list") return undefined;
  const rewrites = abilities.boundPresence;
  return {
    class: "convertible",
    by: rewrites ? "apply" : "auto",
    entity: wanted.entity,
    subject: field.name,
    from: stored.presence ? "optional" : "never absent",
    to: field.presence ? "optional" : "never absent",
    what: field.presence ? "every value stays, zeros as zeros that are there" : "absent values become zero",
    ...(field.presence ? {} : { look: { kind: "absent", number: field.number } as const }),
    blocks: rewrites,
    locks: rewrites ? abilities.locks.rewrite : "nothing",
    back: field.presence
      ? "the other way round: absent values become zero"
      : "the other way round; which values were absent is not kept",
    work: rewrites ? { kind: "rewrite", number: field.number } : { kind: "none" },
  };
}

function lengthSteps({ abilities, wanted }: Planning, stored: ContractField, field: ContractField): readonly Step[] {
  if (stored.maxLength === field.maxLength) return [];
  const isWider = field.maxLength === 0 || (stored.maxLength !== 0 && field.maxLength > stored.maxLength);
  const bounds = abilities.boundLengths;
  const unlimited = (length: number): string => (length === 0 ? "any length" : `at most ${length}`);
  return [
    {
      class: isWider || !bounds ? "nothing" : "destructive",
      by: isWider || !bounds ? "none" : "accept",
      entity: wanted.entity,
      subject: field.name,
      from: unlimited(stored.maxLength),
      to: unlimited(field.maxLength),
      what: isWider ? "no row changes" : "longer values stay readable; writes are held to the new limit",
      blocks: !isWider && bounds,
      locks: "nothing",
      back: "nothing to undo",
      work: { kind: "none" },
    },
  ];
}

function addedStep({ wanted, abilities }: Planning, field: ContractField, column: string): Step {
  return {
    class: "additive",
    by: "auto",
    entity: wanted.entity,
    subject: field.name,
    from: "nothing",
    to: typeText(field.type),
    what: `the column ${column} is added; rows that are there read as absent or zero`,
    blocks: true,
    locks: abilities.locks.additive,
    back: "serve the earlier version; the column is kept",
    work: { kind: "add field", number: field.number },
  };
}

function renamedStep({ wanted }: Planning, stored: ContractField, field: ContractField): Step {
  return {
    class: "additive",
    by: "auto",
    entity: wanted.entity,
    subject: field.name,
    from: stored.name,
    to: field.name,
    what: `number ${field.number} keeps its column ${stored.column}, under the new name`,
    blocks: false,
    locks: "nothing",
    back: "serve the earlier version; it finds the same column",
    work: { kind: "none" },
  };
}

function leftStep({ wanted, abilities }: Planning, field: ContractField): Step {
  return {
    class: "destructive",
    by: "accept",
    accept: `${wanted.entity}.${field.name}`,
    entity: wanted.entity,
    subject: field.name,
    from: typeText(field.type),
    to: "nothing",
    what: `number ${field.number} is no longer declared; its column ${field.column} and every value are kept until that is asked for by name`,
    look: { kind: "present", number: field.number },
    blocks: false,
    locks: abilities.locks.rewrite,
    back: `declare number ${field.number} again; once dropped, the values are gone`,
    work: { kind: "drop field", number: field.number },
  };
}

function joinedStep({ wanted }: Planning, subject: string): Step {
  return {
    class: "impossible",
    by: "never",
    entity: wanted.entity,
    subject,
    from: "a field beside others",
    to: "a member of one oneof with them",
    what: JOINED.kind === "impossible" ? JOINED.instead : "",
    blocks: true,
    locks: "nothing",
    back: "nothing was done",
    work: { kind: "none" },
  };
}
