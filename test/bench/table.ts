/** A report as text for people. */

import { FLIGHTS } from "./options.ts";
import type { Pauses } from "./collections.ts";
import { nameOf, ratioOf, references, type Reference, type Report } from "./report.ts";
import type { Cell } from "./measure-stage.ts";
import { OPERATIONS, type OperationName } from "./stage.ts";
import type { StartUp } from "./start-up.ts";

export function tables(report: Report): string {
  const { node, processor, orders, orderBytes, entities, startUp, bare } = report;
  return [
    `Node ${node}, ${processor}; ${orders} orders of ${Math.round(orderBytes)} bytes; ${entities} entities beside the example's.`,
    "µs are CPU time of one call, in all threads of its process; × is the server's µs over those of the stage below.",
    ...OPERATIONS.map((operation) => operationTable(report, operation)),
    processTable(report),
    startLine(startUp, `${entities} entities beside the example's`),
    ...(bare ? [startLine(bare, "the example's entities alone")] : []),
    "",
    ...references(report).map(referenceLine),
  ].join("\n");
}

function startLine({ warm, cold, cpu, idle }: StartUp, what: string): string {
  const [ready, first] = [warm, cold].map((milliseconds) => milliseconds.toFixed(0));
  return `${what}: ready after ${ready} ms, ${cpu.toFixed(0)} ms of CPU; ${first} ms with nothing there yet; ${idle.toFixed(0)} MiB idle`;
}

const WIDTHS = [14, 10, 12, 10, 10, 12, 12, 8];

function operationTable(report: Report, operation: OperationName): string {
  const heading = row([operation, "in flight", "calls/s", "p50 ms", "p99 ms", "server µs", "client µs", "×"]);
  const lines = FLIGHTS.flatMap((flights) =>
    report.cells
      .filter((cell) => cell.operation === operation && cell.flights === flights)
      .map((cell) => cellLine(report, cell)),
  );
  return lines.length > 0 ? ["", heading, ...lines].join("\n") : "";
}

function cellLine(report: Report, cell: Cell): string {
  return row([
    nameOf(cell),
    String(cell.flights),
    Math.round(cell.perSecond).toLocaleString("en"),
    cell.p50.toFixed(3),
    cell.p99.toFixed(3),
    cell.server.toFixed(1),
    cell.client?.toFixed(1) ?? "",
    ratioOf(report, cell)?.toFixed(1) ?? "",
  ]);
}

/** What each stage's process held, and what it collected meanwhile: how often, and the mean and the longest pause. */
function processTable({ processes }: Report): string {
  const heading = [
    "MiB",
    "idle",
    "loaded",
    "peak",
    "scavenges",
    "mean ms",
    "longest ms",
    "full",
    "mean ms",
    "longest ms",
  ];
  const lines = processes.map((process) => {
    const { idle, loaded } = process.memory;
    const sizes = [idle.resident, loaded.resident, loaded.peak].map((size) => String(Math.round(size)));
    const { scavenges, full } = process.collections ?? {};
    return row([nameOf(process), ...sizes, ...pausesOf(scavenges), ...pausesOf(full)]);
  });
  return ["", row(heading), ...lines, ""].join("\n");
}

function pausesOf(pauses: Pauses | undefined): readonly string[] {
  if (!pauses) return ["", "", ""];
  const { count, total, longest } = pauses;
  return [String(count), count === 0 ? "" : (total / count).toFixed(2), count === 0 ? "" : longest.toFixed(2)];
}

function referenceLine({ text, unit, found, bound, kind }: Reference): string {
  if (found === undefined) return `  –  ${text}: not measured`;
  if (bound === undefined) return `  =  ${text}: ${found.toFixed(1)} ${unit}`;
  const holds = kind === "most" ? found <= bound : found >= bound;
  return `${holds ? " ok " : "OVER"} ${text}: ${found.toFixed(1)} ${unit} (at ${kind} ${bound})`;
}

function row(parts: readonly string[]): string {
  return parts.map((part, i) => (i === 0 ? part.padEnd(WIDTHS[0] ?? 0) : part.padStart(WIDTHS[i] ?? 12))).join("");
}
