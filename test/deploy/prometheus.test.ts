// Facts about the alert rules: they parse, ask for metrics that Pannier has, and promtool, where there is one, finds them firing when they should.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "node:process";
import { promisify } from "node:util";
import { parser } from "@prometheus-io/lezer-promql";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { root } from "../run/tool.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

/** What the alerts may ask for, each metric with its labels; the page of metrics is the other half of this promise. */
const metrics: Readonly<Record<string, readonly string[]>> = {
  up: ["job"],
  pannier_calls_total: ["method", "entity", "store", "code"],
  pannier_call_seconds_bucket: ["stage", "le"],
  pannier_queue_depth: [],
  pannier_commit_group_size: [],
  pannier_event_loop_delay_seconds: [],
  pannier_store_up: ["store"],
};
/** The labels that the sample scrape adds. */
const targetLabels = ["namespace", "pod"];

const folder = join(root, "deploy", "prometheus");
const promtool = env["PANNIER_TEST_PROMTOOL"] ?? "";
const file = parse(readFileSync(join(folder, "alerts.yaml"), "utf8")) as { groups: { rules: Rule[] }[] };
const rules = file.groups.flatMap((group) => group.rules);

/** The texts of an expression's nodes of some kinds; a node of the kind "⚠" is a mistake. */
function partsOf(expression: string, ...kinds: string[]): readonly string[] {
  const found: string[] = [];
  parser.parse(expression).iterate({
    enter: ({ name, from, to }) => {
      if (kinds.includes(name)) found.push(expression.slice(from, to));
    },
  });
  return found;
}

it("a mistake in an expression is found", () => {
  expect(partsOf("sum by (a (rate(x[5m]))", "⚠")).not.toEqual([]);
});

describe.each(rules)("$alert", ({ alert, expr, labels, annotations }) => {
  it("is an expression", () => {
    expect(partsOf(expr, "⚠")).toEqual([]);
  });

  it("asks for metrics and labels that there are", () => {
    const asked = partsOf(expr, "Identifier");
    expect(asked).not.toEqual([]);
    for (const name of asked) expect(Object.keys(metrics)).toContain(name);
    const known = [...targetLabels, ...asked.flatMap((name) => metrics[name] ?? [])];
    for (const name of partsOf(expr, "LabelName")) expect(known).toContain(name);
  });

  it("speaks of labels that its result keeps", () => {
    const kept = /by \(([^)]+)\)/.exec(expr)?.[1]?.split(", ") ?? [...targetLabels, "store"];
    const spoken = [annotations.summary, annotations.description].join(" ").matchAll(/\$labels\.(\w+)/g);
    for (const [, name] of spoken) expect(kept, alert).toContain(name);
  });

  it("has a severity, and says what to do", () => {
    expect(["critical", "warning"]).toContain(labels.severity);
    expect(annotations.description.length).toBeGreaterThan(40);
  });
});

it("every alert has a name of its own", () => {
  expect(new Set(rules.map((rule) => rule.alert)).size).toBe(rules.length);
});

// Building promtool takes 3 minutes of two cores, more than these rules are worth; name one in PANNIER_TEST_PROMTOOL to run them.
it.skipIf(promtool === "")("fires when it should, by promtool", { timeout: 60_000 }, async () => {
  const run = promisify(execFile);
  await expect(run(promtool, ["check", "rules", join(folder, "alerts.yaml")])).resolves.toBeDefined();
  await expect(run(promtool, ["test", "rules", join(folder, "alerts-test.yaml")])).resolves.toBeDefined();
});
