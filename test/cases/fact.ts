// A fact of the table: something is sent over a real connection, and what the table says must come of it.
import { expect, test } from "vitest";
import type { Outcome, Sidecar } from "../integration/sidecar.ts";
import { KNOWN_FAILURES } from "./known-failures.ts";
import type { CallEnds } from "./row.ts";
import { everyRow, type Place } from "./sidecars.ts";
import { expected } from "./table.ts";

export type Sent = Outcome | readonly Outcome[];

export interface Trial {
  /** What must be there before; it may write. */
  readonly given: (sidecar: Sidecar) => Promise<unknown>;
  /** Everything that is sent gets what the table says. */
  readonly when: (sidecar: Sidecar) => Promise<Sent>;
}

export type DeclareFact = (row: number, name: string, trial: Trial | Trial["when"]) => void;

/** Facts about calls at one place. A refused call leaves every row as it was. */
export function factsOf(place: Place): DeclareFact {
  return (row, name, trial) => {
    const expectation = expected(row, name);
    if (expectation.kind !== "call") throw new Error(`the fact "${name}" of row ${row} is about a start`);
    const { given, when } = typeof trial === "function" ? { given: undefined, when: trial } : trial;
    declare(row, name, place.name, async () => {
      const sidecar = place.sidecar();
      await given?.(sidecar);
      const before = expectation.code === 0 ? undefined : await everyRow(sidecar);
      const sent = await when(sidecar);
      const outcomes = Array.isArray(sent) ? sent : [sent];
      expect(outcomes.length).toBeGreaterThan(0);
      for (const [i, outcome] of outcomes.entries()) requireEnd(outcome, expectation, `input ${i}`);
      if (before) expect(await everyRow(sidecar)).toEqual(before);
    });
  };
}

/** A fact whose whole work is its own, under the table's name and the list of known failures. */
export function declare(row: number, name: string, place: string, run: () => Promise<void>): void {
  expected(row, name);
  const fails = KNOWN_FAILURES.some((known) => known.row === row && known.fact === name && known.place === place);
  // oxlint-disable-next-line vitest/expect-expect -- `run` holds the assertions
  test(`row ${row}: ${name}`, { fails }, run);
}

/** Asserts code, reason and field, and that the status says nothing it should not. */
export function requireEnd(outcome: Outcome, { code, reason, field }: CallEnds, input = ""): void {
  const seen = outcome.ok
    ? { input, code: 0 }
    : { input, code: outcome.code, reason: outcome.reason, message: outcome.message, field: outcome.fields[0] };
  expect(seen).toMatchObject({
    code,
    ...(reason === undefined ? {} : { reason }),
    ...(field === undefined ? {} : { field }),
  });
  if (!outcome.ok) requireDiscretion(outcome);
}

/** Stands in values that are sent, and must not come back in a status. */
export const CANARY = "canary7f3a";

const INDISCREET =
  /canary7f3a|\bSELECT\b|\bINSERT\b|\bUPDATE .* SET\b|\bDELETE FROM\b|sqlite|node:|\.ts\b|\.js\b|\n\s*at |\/(tmp|home|work|usr|root)\/|Error:/i;

/** No value, statement, path or stack in a status; well-formed text under 4 KiB, our domain. */
export function requireDiscretion(outcome: Extract<Outcome, { ok: false }>): void {
  const said = [outcome.message, ...outcome.fields, ...Object.values(outcome.info)].join("\n");
  expect(said).not.toMatch(INDISCREET);
  expect(outcome.message).not.toBe("");
  expect(said.isWellFormed()).toBe(true);
  expect(outcome.reason).toMatch(/^[A-Z_]+$/);
  for (const details of outcome.trailers.get("grpc-status-details-bin"))
    expect(Buffer.byteLength(details)).toBeLessThan(4_096);
}
