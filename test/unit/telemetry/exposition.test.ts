// The metrics page, as Prometheus' text format has it.
import { expect, test } from "vitest";
import { createCallMetrics } from "../../../src/telemetry/call-metrics.ts";
import { exposition } from "../../../src/telemetry/exposition.ts";
import { Histogram } from "../../../src/telemetry/instrument.ts";

test("buckets are cumulative, end at +Inf, and a value on a bound lies under it", () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [0.5, 1, 2, 3]) histogram.observe(value);
  const { bounds, counts, sum } = histogram;
  const read = () => [{ labels: { store: "a" }, bounds, counts, sum }];
  expect(exposition([{ name: "h", help: "H.", type: "histogram", read }])).toBe(
    [
      "# HELP h H.",
      "# TYPE h histogram",
      'h_bucket{store="a",le="1"} 2',
      'h_bucket{store="a",le="2"} 3',
      'h_bucket{store="a",le="+Inf"} 4',
      'h_sum{store="a"} 6.5',
      'h_count{store="a"} 4',
      "",
    ].join("\n"),
  );
});

test("labels and help are escaped, and metrics without a sample left out", () => {
  const page = exposition([
    { name: "g", help: "a\nb\\c", type: "gauge", read: () => [{ labels: { x: 'q"\\\n\uD800' }, value: Infinity }] },
    { name: "none", help: "", type: "counter", read: () => [] },
  ]);
  expect(page).toBe('# HELP g a\\nb\\\\c\n# TYPE g gauge\ng{x="q\\"\\\\\\n\uFFFD"} +Inf\n');
});

test("calls are counted by code, and only codes that occurred are told", () => {
  const metrics = createCallMetrics();
  const row = metrics.calls({ method: "Get", entity: "e", store: "s" });
  expect(metrics.calls({ method: "Get", entity: "e", store: "s" })).toBe(row);
  for (const code of [0, 0, 5, 99]) row.add(code);
  const lines = exposition(metrics.metrics).split("\n");
  expect(lines.filter((line) => line.startsWith("pannier_calls_total"))).toEqual([
    'pannier_calls_total{method="Get",entity="e",store="s",code="OK"} 2',
    'pannier_calls_total{method="Get",entity="e",store="s",code="NOT_FOUND"} 1',
    'pannier_calls_total{method="Get",entity="e",store="s",code="UNAUTHENTICATED"} 1',
  ]);
});
