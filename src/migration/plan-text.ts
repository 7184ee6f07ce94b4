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
  /** What it is compared with, where that is no store. */
  readonly against?: string;
}

const WHO: { readonly [By in StepBy]: string } = {
  none: "nothing to do",
  auto: "by a start with tables: auto, or by migrate apply",
  apply: "by migrate apply",
  accept: "by migrate apply, when asked for by name",
  hand: "by hand, because migrate apply converts no rows of this store",
  never: "refused",
};

function whoDoes({ by, isAtStartAlone }: Step): string {
  return isAtStartAlone ? "by a start with tables: auto" : WHO[by];
}

/** Lines without a newline at the end; empty where the plan has no step. */
export function planText(report: PlanReport): string {
  const { plan, store, rows, against } = report;
  if (plan.steps.length === 0) return "";
  const counted = rows === undefined ? "" : `, ${rows.toLocaleString("en")} ${rows === 1 ? "row" : "rows"}`;
  const earlier = plan.isEarlier ? "; this version is older than what the store holds" : "";
  const place = `${plan.entity} (store ${store}, table ${plan.table}${counted})`;
  const head = `${place}: ${against === undefined ? revisions(plan) : `compared with ${against}`}, ${classOf(plan)}${earlier}`;
  const steps = plan.steps.map((step, i) => stepText(step, report.findings[i], rows));
  const resumed = report.resumes === undefined ? [] : [`  an interrupted conversion is resumed: ${report.resumes}`];
  return [head, ...steps, ...resumed].join("\n");
}

/** A contract is written where the entity differs from the one the last was written for. */
function revisions({ revision, from, to }: Plan): string {
  if (revision === 0) return "new";
  return from === to || to === "" ? `revision ${revision}` : `revision ${revision} → ${revision + 1}`;
}

function stepText(step: Step, finding: Finding | undefined, rows: number | undefined): string {
  const subject = step.subject === "" ? "the entity" : step.subject;
  const lines = [
    `  ${subject}: ${step.from} → ${step.to} [${step.class}]`,
    `    ${step.what}`,
    ...(step.class === "nothing" || step.by === "never" ? [] : [`    rows: ${rowsText(step, rows)}`]),
    ...findingLines(step, finding),
    `    done: ${isInTheWay(step, finding) ? "when no such row is left, " : ""}${whoDoes(step)}${step.by === "accept" && step.accept !== undefined ? ` (--accept ${step.accept})` : ""}`,
  ];
  if (step.class !== "nothing" && step.by !== "never")
    lines.push(`    locks: ${step.locks}`, `    to go back: ${step.back}`);
  return lines.join("\n");
}

/** Whether the rows that were found keep the step from being done. */
function isInTheWay({ look }: Step, finding: Finding | undefined): boolean {
  return (look?.kind === "values" || look?.kind === "duplicates") && (finding?.misfits ?? 0) > 0;
}

/** Which rows the work is on. */
function rowsText({ work }: Step, rows: number | undefined): string {
  const all =
    rows === undefined ? "every row is" : rows === 1 ? "the only one is" : `all ${rows.toLocaleString("en")} are`;
  switch (work.kind) {
    case "rewrite":
    case "rewrite key":
      return `${all} written anew`;
    case "drop field":
      return `${all} written anew without it, once that is asked for`;
    case "add index":
      return `${all} read once, and none is changed`;
    case "drop table":
      return `${all} removed, once that is asked for`;
    case "none":
    case "create":
    case "add field":
    case "drop index":
    case "drop reference":
      return "none is touched";
  }
}

function findingLines({ look }: Step, finding: Finding | undefined): readonly string[] {
  const misfits = finding?.misfits;
  if (!look || misfits === undefined) return [];
  const rows = (one: string, many: string): string =>
    misfits === 1 ? `1 row ${one}` : `${misfits.toLocaleString("en")} rows ${many}`;
  switch (look.kind) {
    case "values":
      return [
        misfits === 0 ? "    looked at every row: all fit" : `    looked at every row: ${rows("does", "do")} not fit`,
      ];
    case "absent":
      return [`    ${rows("has", "have")} no value, and ${misfits === 1 ? "gets" : "get"} zero`];
    case "present":
      return [`    ${rows("has", "have")} a value`];
    case "duplicates":
      return [
        misfits === 0
          ? "    looked at every row: none are equal"
          : `    looked at every row: ${rows("has", "have")} values that another row has`,
      ];
  }
}

/** One line, for a log and for DescribeEntity. */
export function stepLine(step: Step): string {
  const { subject, from, to, what, by, accept } = step;
  const who = by === "accept" && accept !== undefined ? `pannier migrate apply --accept ${accept}` : whoDoes(step);
  return `${subject === "" ? "the entity" : subject}: ${from} → ${to}: ${what} (${who})`;
}

/** For programs: stable names, one object per entity. */
export function planJson({ plan, store, rows, findings, resumes, against }: PlanReport): object {
  return {
    store,
    ...(against !== undefined && { against }),
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
