/** One mistake in a schema, with what to do about it. */

import { compareText } from "../model/compare.ts";

export interface Finding {
  /** Path of the .proto file as it was given to us, its import name where it came in a descriptor set, or the source itself. */
  readonly file: string;
  /** From 1; absent where the source does not say. */
  readonly line?: number;
  /** From 1; only with a line. */
  readonly column?: number;
  /** Full message name. */
  readonly entity?: string;
  /** Name of the field within the entity. */
  readonly field?: string;
  /** What is wrong. */
  readonly what: string;
  /** What to do about it. */
  readonly mend: string;
}

/** One line for each finding, by file and line, for people. */
export function formatFindings(findings: readonly Finding[]): string {
  return [...findings].sort(inReadingOrder).map(formatFinding).join("\n");
}

function formatFinding(finding: Finding): string {
  const place = [finding.file, finding.line, finding.column].filter((part) => part !== undefined).join(":");
  const subject = [finding.entity, finding.field].filter((part) => part !== undefined).join(".");
  return `${place}: ${subject === "" ? "" : `${subject}: `}${finding.what}; ${finding.mend}`;
}

function inReadingOrder(a: Finding, b: Finding): number {
  return compareText(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
