// Where a sidecar's operations port is, and what its log says.
import { expect, vi } from "vitest";
import type { Sidecar } from "../sidecar.ts";

/** `http://host:port` of the operations port. */
export function operationsUrl(sidecar: Sidecar): string {
  const line = entries(sidecar).find(({ msg }) => msg === "serving");
  return `http://${String(line?.["operations"])}`;
}

export interface LogEntry {
  readonly msg?: unknown;
  readonly [name: string]: unknown;
}

/** Lines of the log so far, as they are when nobody sits at a terminal. */
export function entries(sidecar: Sidecar): readonly LogEntry[] {
  return sidecar.log.flatMap((line): LogEntry[] => {
    const entry: unknown = line.startsWith("{") ? JSON.parse(line) : undefined;
    return typeof entry === "object" && entry !== null ? [{ ...entry }] : [];
  });
}

/** Waits until the log has so many lines with this text. */
export function told(sidecar: Sidecar, msg: string, times = 1): Promise<void> {
  return vi.waitFor(
    () => expect(entries(sidecar).filter((entry) => entry.msg === msg).length).toBeGreaterThanOrEqual(times),
    { timeout: 60_000 },
  );
}

export async function page(sidecar: Sidecar, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(operationsUrl(sidecar) + path);
  return { status: response.status, text: await response.text() };
}

/** Samples of the metrics page, by name and labels as they stand there. */
export async function metrics(sidecar: Sidecar): Promise<ReadonlyMap<string, number>> {
  const { text } = await page(sidecar, "/metrics");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
}
