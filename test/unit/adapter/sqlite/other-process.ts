/** Another sidecar on the same file: creates so many rows, eight at a time, and prints each key once it is acknowledged. */

import { createOf, entity, openStore, recordWith, writeAll } from "./store.ts";

const [, , dataDir = "", name = "", rows = "0"] = process.argv;
const everything = entity("test.v1.Everything");
const store = await openStore([everything], { dataDir });
for (let i = 0; i < Number(rows); i += 8) {
  const ids = Array.from({ length: 8 }, (_, at) => `${name} ${i + at}`);
  await Promise.all(
    ids.map(async (id) => {
      const [outcome] = await writeAll(store, [createOf(everything, recordWith(everything, { id }))]);
      if (outcome?.status !== "applied") process.exit(1);
      process.stdout.write(`${id}\n`);
    }),
  );
}
await store.close();
