/** What the suite ran on each store, and what it skipped for which capability, as text for the terminal. */

export interface StoreReport {
  readonly store: string;
  /** Of the server or the library behind it. */
  version: string;
  readonly ran: string[];
  readonly skipped: { readonly clause: string; readonly missing: readonly string[] }[];
}

export function conformanceTable(reports: readonly StoreReport[]): string {
  const width = Math.max(...reports.map((report) => report.store.length));
  const lines = reports.flatMap((report) => [
    `  ${report.store.padEnd(width)}  ran ${report.ran.length}, skipped ${report.skipped.length}`,
    ...report.skipped.map((skip) => `  ${"".padEnd(width)}    ${skip.clause}: no ${skip.missing.join(", ")}`),
  ]);
  return ["conformance", ...lines].join("\n");
}
