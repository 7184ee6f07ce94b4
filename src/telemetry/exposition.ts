/** The metrics page: Prometheus' text format 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats/. */

export interface Labels {
  readonly [name: string]: string;
}

/** One number of a metric. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** What a histogram has seen: `counts` has one entry for each bound and one above all of them. */
export interface Distribution {
  readonly labels: Labels;
  readonly bounds: readonly number[];
  readonly counts: ArrayLike<number>;
  readonly sum: number;
}

interface Named {
  readonly name: string;
  readonly help: string;
}

/** A metric, and how its numbers are read when somebody asks. */
export type Metric =
  | (Named & { readonly type: "counter" | "gauge"; readonly read: () => Iterable<Sample> })
  | (Named & { readonly type: "histogram"; readonly read: () => Iterable<Distribution> });

export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Metrics without a sample are left out. */
export function exposition(metrics: readonly Metric[]): string {
  return metrics.map(metricText).join("");
}

function metricText(metric: Metric): string {
  const lines =
    metric.type === "histogram"
      ? Array.from(metric.read(), (distribution) => histogramLines(metric.name, distribution)).flat()
      : Array.from(metric.read(), ({ labels, value }) => line(metric.name, labels, value));
  if (lines.length === 0) return "";
  return `# HELP ${metric.name} ${metric.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n# TYPE ${metric.name} ${metric.type}\n${lines.join("")}`;
}

/** Buckets are cumulative, and the last is the count. */
function histogramLines(name: string, { labels, bounds, counts, sum }: Distribution): readonly string[] {
  let total = 0;
  const buckets = Array.from(counts, (count, at) => {
    total += count;
    return line(`${name}_bucket`, { ...labels, le: numberText(bounds[at] ?? Infinity) }, total);
  });
  return [...buckets, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, total)];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${numberText(value)}\n`;
}

function escaped(text: string): string {
  return text.toWellFormed().replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
