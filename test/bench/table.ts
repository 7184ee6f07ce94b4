/** A report as text for people. */

import { FLIGHTS, STAGES } from "./options.ts";
import { cellOf, ratioOf, references, type Reference, type Report } from "./report.ts";
import type { Cell } from "./measure-stage.ts";
import { OPERATIONS, type OperationName } from "./stage.ts";

export function tables(report: Report): string {
  const { node, processor, orders, orderBytes, startUp } = report;
  return [
    `Node ${node}, ${processor}; ${orders} orders of ${Math.round(orderBytes)} bytes.`,
    "µs are CPU time of one call, in all threads of its process; × is the server's µs over those of the stage below.",
    ...OPERATIONS.map((operation) => operationTable(report, operation)),
    memoryTable(report),
    `ready after ${Math.round(startUp.warm)} ms; ${Math.round(startUp.cold)} ms with nothing there yet`,
    "",
    ...references(report).map(referenceLine),
  ].join("\n");
}

const WIDTHS = [12, 10, 12, 10, 10, 12, 12, 8];

function operationTable(report: Report, operation: OperationName): string {
  const heading = row([operation, "in flight", "calls/s", "p50 ms", "p99 ms", "server µs", "client µs", "×"]);
  const lines = FLIGHTS.flatMap((flights) =>
    STAGES.filter((stage) => stage !== "raw" || flights === 1).flatMap((stage) => {
      const cell = cellOf(report, stage, operation, flights);
      return cell ? [cellLine(report, cell)] : [];
    }),
  );
  return lines.length > 0 ? ["", heading, ...lines].join("\n") : "";
}

function cellLine(report: Report, cell: Cell): string {
  return row([
    cell.stage,
    String(cell.flights),
    Math.round(cell.perSecond).toLocaleString("en"),
    cell.p50.toFixed(3),
    cell.p99.toFixed(3),
    cell.server.toFixed(1),
    cell.client?.toFixed(1) ?? "",
    ratioOf(report, cell)?.toFixed(1) ?? "",
  ]);
}

function memoryTable({ memory }: Report): string {
  const lines = STAGES.flatMap((stage) => {
    const found = memory[stage];
    if (!found) return [];
    const { idle, loaded } = found;
    return [row([stage, ...[idle.resident, loaded.resident, loaded.peak].map((size) => String(Math.round(size)))])];
  });
  return ["", row(["MiB", "idle", "loaded", "peak"]), ...lines, ""].join("\n");
}

function referenceLine({ text, unit, found, bound, kind }: Reference): string {
  if (found === undefined) return `  –  ${text}: not measured`;
  if (bound === undefined) return `  =  ${text}: ${found.toFixed(1)} ${unit}`;
  const holds = kind === "most" ? found <= bound : found >= bound;
  return `${holds ? " ok " : "OVER"} ${text}: ${found.toFixed(1)} ${unit} (at ${kind} ${bound})`;
}

function row(parts: readonly string[]): string {
  return parts.map((part, i) => (i === 0 ? part.padEnd(WIDTHS[0] ?? 0) : part.padStart(WIDTHS[i] ?? 0))).join("");
}
