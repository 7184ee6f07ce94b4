// Scenarios of many writers at once: counters that add up, ids that nobody has to ask for; and at the end, everything compared.
import { ok, strictEqual } from "node:assert/strict";
import type { JsonObject } from "@bufbuild/protobuf";
import { createRandom } from "../fixtures/random.ts";
import { objectOf, textOf } from "../integration/ask.ts";
import { entityNames, sameRows, sameSet, type Scenario, type Stage } from "./stage.ts";

const atOnce = 64;

export const counters: readonly Scenario[] = [
  {
    name: "atomic increments of total_jobs, total_tasks and success_count, 64 at a time on few rows",
    play: async (stage) => {
      await count(stage, "UserData", ["totalJobs", "totalTasks"]);
      await count(stage, "ApiKeyData", ["successCount"]);
    },
  },
  {
    name: "ids of new tasks without MAX(id): 64 clients at once, all unique and increasing",
    play: async (stage) => {
      const rows = stage.rows("TaskData");
      const highest = [...rows.keys()].reduce((most, id) => (BigInt(id) > most ? BigInt(id) : most), 0n);
      const jobs = [...stage.rows("JobData").keys()];
      const client = async (number: number): Promise<readonly bigint[]> => {
        const ids: bigint[] = [];
        for (let i = 0; i < 25; i += 1) {
          // What has been answered before this is asked has smaller ids, whoever made it.
          const floor = answered;
          const task = {
            jobId: jobs[(number * 25 + i) % jobs.length] ?? "",
            taskNumber: String(i),
            taskDefinitionId: 1,
          };
          const entity = objectOf((await stage.ask("TaskData/Create", { entity: task }))["entity"]);
          const id = BigInt(textOf(entity["taskId"]));
          ok(id > floor, `${id} follows ${floor}`);
          if (id > answered) answered = id;
          ids.push(id);
          rows.set(String(id), { ...task, taskId: String(id) });
        }
        return ids;
      };
      let answered = highest;
      const ids = (await Promise.all(Array.from({ length: atOnce }, (_, number) => client(number)))).flat();
      strictEqual(new Set(ids).size, atOnce * 25);
    },
  },
  {
    name: "in the end every row of every entity is as the plain computation has it",
    play: async (stage) => {
      for (const entity of entityNames) {
        const found = await stage.readAll(`${entity}/Scan`, { pageSize: 1_000 });
        sameSet(found, [...stage.rows(entity).values()], stage.keyField(entity));
      }
    },
  },
];

/** Increments from many clients at once, on ten rows, by different amounts; then each row is read back. */
async function count(stage: Stage, entity: string, fields: readonly string[]): Promise<void> {
  const random = createRandom(3);
  const rows = stage.rows(entity);
  const key = stage.keyField(entity);
  const chosen = Array.from({ length: 10 }, () => random.pick([...rows.keys()]));
  const client = async (): Promise<void> => {
    for (let i = 0; i < 10; i += 1) {
      const id = random.pick(chosen);
      const amounts = Object.fromEntries(fields.map((field) => [field, String(random.integer(1, 1_000))]));
      const row = rows.get(id) ?? {};
      rows.set(id, { ...row, ...sums(row, amounts) });
      await stage.ask(`${entity}/Update`, {
        entity: { [key]: id },
        increment: amounts,
        readMask: fields.join(","),
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  for (const id of new Set(chosen)) {
    const { entity: found } = await stage.ask(`${entity}/Get`, { key: { [key]: id } });
    sameRows([objectOf(found)], [rows.get(id) ?? {}]);
  }
}

function sums(row: JsonObject, amounts: JsonObject): JsonObject {
  const sum = (field: string): string => String(BigInt(textOf(row[field]) || "0") + BigInt(textOf(amounts[field])));
  return Object.fromEntries(Object.keys(amounts).map((field) => [field, sum(field)]));
}
