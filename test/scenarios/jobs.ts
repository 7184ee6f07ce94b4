// Scenarios about jobs and their tasks: what is due, what has expired, whose they are.
import { ok, strictEqual } from "node:assert/strict";
import type { JsonObject } from "@bufbuild/protobuf";
import { fixtureNow, hour, rfc3339 } from "../fixtures/values.ts";
import { numberOf, objects, textOf } from "../integration/ask.ts";
import { compareText, sameRows, sameSet, type Scenario, type Stage } from "./stage.ts";

/** Milliseconds since 1970: moments as text do not compare, their fractions differ in length. */
function moment(row: JsonObject, field: string): number {
  const text = textOf(row[field]);
  return text === "" ? Number.NaN : Date.parse(text);
}

/** By a moment, and by key where it is the same. */
function byMoment(field: string, key = "jobId"): (a: JsonObject, b: JsonObject) => number {
  return (a, b) => moment(a, field) - moment(b, field) || compareText(textOf(a[key]), textOf(b[key]));
}

export const jobs: readonly Scenario[] = [
  {
    name: "time jobs that are due between two instants and not completed",
    play: async (stage) => {
      for (const [from, to] of [
        [-hour, 0],
        [0, hour],
        [hour, 24 * hour],
        [24 * hour, 31 * 24 * hour],
      ] as const) {
        const [gte, lt] = [rfc3339(fixtureNow + from), rfc3339(fixtureNow + to)];
        const due = [...stage.rows("TimeJobData").values()]
          .filter(
            (row) =>
              moment(row, "nextExecutionTimestamp") >= fixtureNow + from &&
              moment(row, "nextExecutionTimestamp") < fixtureNow + to,
          )
          .toSorted(byMoment("nextExecutionTimestamp"));
        ok(due.length > 0);
        const next = { nextExecutionTimestamp: { gte, lt } };
        const orderBy = "next_execution_timestamp";
        sameRows(await stage.readAll("TimeJobData/List", { where: next, orderBy, pageSize: 500 }), due);
        const open = due.filter((row) => row["isCompleted"] === false);
        const where = { ...next, isCompleted: { eq: false } };
        sameRows(await stage.readAll("TimeJobData/List", { where, orderBy, pageSize: 500 }), open);
        strictEqual(numberOf((await stage.ask("TimeJobData/Count", { where }))["count"]), open.length);
      }
    },
  },
  {
    name: "event and condition jobs that are not completed",
    play: async (stage) => {
      for (const entity of ["EventJobData", "ConditionJobData"]) {
        const open = [...stage.rows(entity).values()].filter((row) => row["isCompleted"] === false);
        ok(open.length > 0 && open.length < stage.rows(entity).size);
        const where = { isCompleted: { eq: false } };
        sameSet(await stage.readAll(`${entity}/List`, { where, pageSize: 1_000 }), open, "jobId");
      }
    },
  },
  {
    name: "jobs by user, and by user and chain",
    play: async (stage) => {
      const byUser = Map.groupBy(stage.rows("JobData").values(), (row) => textOf(row["userAddress"]));
      const busiest = [...byUser].toSorted(([, a], [, b]) => b.length - a.length);
      for (const [user, own] of [...busiest.slice(0, 10), ...busiest.slice(-10)]) {
        const where = { userAddress: { eq: user } };
        sameSet(await stage.readAll("JobData/List", { where, pageSize: 200 }), own, "jobId");
        for (const [chain, there] of Map.groupBy(own, (row) => textOf(row["createdChainId"]))) {
          const both = { ...where, createdChainId: { eq: chain } };
          sameSet(await stage.readAll("JobData/List", { where: both, pageSize: 200 }), there, "jobId");
        }
      }
    },
  },
  {
    name: "tasks by job",
    play: async (stage) => {
      const byJob = Map.groupBy(stage.rows("TaskData").values(), (row) => textOf(row["jobId"]));
      const busiest = [...byJob].toSorted(([, a], [, b]) => b.length - a.length);
      for (const [job, own] of [...busiest.slice(0, 50), ...busiest.slice(-50)])
        sameSet(await stage.readAll("TaskData/List", { where: { jobId: { eq: job } } }), own, "taskId");
    },
  },
  {
    name: "the expiry sweep over time, event and condition jobs",
    play: async (stage) => {
      for (const entity of ["TimeJobData", "EventJobData", "ConditionJobData"]) await sweep(stage, entity);
    },
  },
];

/** Lists what has expired, oldest first, and deletes it a page at a time, until nothing is left to list. */
async function sweep(stage: Stage, entity: string): Promise<void> {
  const rows = stage.rows(entity);
  const where = { expirationTime: { lt: rfc3339(fixtureNow) } };
  const expired = [...rows.values()]
    .filter((row) => moment(row, "expirationTime") < fixtureNow)
    .toSorted(byMoment("expirationTime"));
  ok(expired.length > 0);
  const swept: JsonObject[] = [];
  for (;;) {
    const page = objects(
      await stage.ask(`${entity}/List`, { where, orderBy: "expiration_time", pageSize: 250 }),
      "entities",
    );
    if (page.length === 0) break;
    swept.push(...page);
    // Guarded: a job whose time was extended meanwhile stays.
    const writes = page.map(({ jobId = "" }) => ({ delete: { key: { jobId }, condition: where } }));
    const results = objects(await stage.ask(`${entity}/BatchWrite`, { writes }), "results");
    strictEqual(results.filter((result) => "status" in result).length, 0);
  }
  sameRows(swept, expired);
  for (const { jobId } of expired) rows.delete(textOf(jobId));
  strictEqual(numberOf((await stage.ask(`${entity}/Count`, { where }))["count"]), 0);
}
