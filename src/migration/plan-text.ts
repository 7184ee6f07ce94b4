/** Plans as people read them, and as programs do. */

import { classOf, type Plan, type Step, type StepBy } from "./plan.ts";

/** What a store found out about the rows of a step. */
export interface Finding {
  /** Rows that the step concerns; undefined where nobody looked. */
  readonly rows?: number;
  /** Rows that prevent it. */
  readonly misfits?: number;
}

export interface PlanReport {
  readonly store: string;
  readonly plan: Plan;
  /** Rows of the table; undefined where nobody counted. */
  readonly rows: number | undefined;
  /** By position of the plan's steps. */
  readonly findings: readonly (Finding | undefined)[];
  /** How far an interrupted conversion has come. */
  readonly resumes?: string;
}

const WHO: { readonly [By in StepBy]: string } = {
  none: "nothing to do",
  auto: "at the next start, or by migrate apply",
  apply: "by migrate apply",
  accept: "by migrate apply, when asked for by name",
  never: "refused",
};

/** Lines without a newline at the end; empty where the plan has no step. */
export function planText(report: PlanReport): string {
  const { plan, store, rows } = report;
  if (plan.steps.length === 0) return "";
  const counted = rows === undefined ? "" : `, ${rows.toLocaleString("en")} rows`;
  const earlier = plan.isEarlier ? "; this version is older than what the store holds" : "";
  const head = `${plan.entity} (store ${store}, table ${plan.table}${counted}): revision ${plan.revision} → ${plan.revision + 1}, ${classOf(plan)}${earlier}`;
  const steps = plan.steps.map((step, i) => stepText(step, report.findings[i]));
  const resumed = report.resumes === undefined ? [] : [`  an interrupted conversion is resumed: ${report.resumes}`];
  return [head, ...steps, ...resumed].join("\n");
}

function stepText(step: Step, finding: Finding | undefined): string {
  const subject = step.subject === "" ? "the entity" : step.subject;
  const lines = [
    `  ${subject}: ${step.from} → ${step.to} [${step.class}]`,
    `    ${step.what}`,
    ...findingLines(step, finding),
    `    done: ${WHO[step.by]}${step.by === "accept" && step.accept !== undefined ? ` (--accept ${step.accept})` : ""}`,
  ];
  if (step.work.kind !== "none") lines.push(`    locks: ${step.locks}`);
  if (step.class !== "nothing") lines.push(`    to go back: ${step.back}`);
  return lines.join("\n");
}

function findingLines({ look }: Step, finding: Finding | undefined): readonly string[] {
  if (!look || finding?.misfits === undefined) return [];
  const count = `${finding.misfits.toLocaleString("en")} rows`;
  switch (look.kind) {
    case "values":
      return [finding.misfits === 0 ? "    looked at every row: all fit" : `    ${count} do not fit`];
    case "absent":
      return [`    ${count} have no value, and get zero`];
    case "present":
      return [`    ${count} have a value`];
    case "duplicates":
      return [
        finding.misfits === 0
          ? "    looked at every row: none are equal"
          : `    ${count} have values that another row has`,
      ];
  }
}

/** One line, for a log and for DescribeEntity. */
export function stepLine({ subject, from, to, what, by, accept }: Step): string {
  const who = by === "accept" && accept !== undefined ? `pannier migrate apply --accept ${accept}` : WHO[by];
  return `${subject === "" ? "the entity" : subject}: ${from} → ${to}: ${what} (${who})`;
}

/** For programs: stable names, one object per entity. */
export function planJson({ plan, store, rows, findings, resumes }: PlanReport): object {
  return {
    store,
    entity: plan.entity,
    table: plan.table,
    rows,
    revision: plan.revision,
    digest: { store: plan.from, entity: plan.to },
    class: classOf(plan),
    earlier: plan.isEarlier,
    ...(resumes !== undefined && { resumes }),
    steps: plan.steps.map((step, i) => ({
      class: step.class,
      by: step.by,
      subject: step.subject,
      from: step.from,
      to: step.to,
      what: step.what,
      blocks: step.blocks,
      locks: step.locks,
      back: step.back,
      ...(step.accept !== undefined && { accept: step.accept }),
      ...findings[i],
    })),
  };
}
