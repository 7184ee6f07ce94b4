// Fills a sidecar with rows, in batches that fit into a message.
import type { JsonObject } from "@bufbuild/protobuf";
import { ask, objects } from "./ask.ts";
import type { Sidecar } from "./sidecar.ts";

/** Items and JSON characters of one BatchWrite: the limits are 1,000 and 1 MiB, and protobuf is never longer than its JSON. */
const most = { items: 500, characters: 900_000 };

/** Puts all rows of an entity (protobuf JSON), a few batches at a time; their managed fields too, where the store allows it and it is asked. @throws Error when one row is refused */
export async function loadRows(
  sidecar: Sidecar,
  entity: string,
  rows: readonly object[],
  restore = false,
): Promise<void> {
  const batches = cut(rows);
  const work = async (): Promise<void> => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) await writeBatch(sidecar, entity, batch, restore);
  };
  await Promise.all([work(), work(), work(), work()]);
}

async function writeBatch(
  sidecar: Sidecar,
  entity: string,
  rows: readonly JsonObject[],
  restore: boolean,
): Promise<void> {
  const answer = await ask(sidecar, `${entity}Repository/BatchWrite`, {
    writes: rows.map((row) => ({ put: { entity: row, ...(restore && { restore }) } })),
  });
  const refused = objects(answer, "results").find((result) => "status" in result);
  if (refused) throw new Error(`${entity}: ${JSON.stringify(refused)}`);
}

function cut(rows: readonly object[]): JsonObject[][] {
  const batches: JsonObject[][] = [];
  let batch: JsonObject[] = [];
  let characters = 0;
  for (const row of rows) {
    const length = JSON.stringify(row).length;
    if (batch.length === most.items || characters + length > most.characters) {
      batches.push(batch);
      batch = [];
      characters = 0;
    }
    // Fixtures type their rows field by field; every one of them is protobuf JSON.
    batch.push(row as JsonObject);
    characters += length;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
