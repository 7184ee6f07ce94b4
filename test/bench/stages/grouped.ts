/** node:sqlite alone on one thread, where all Creates in flight share a commit: the most that grouping can give. */

import type { OpenStage } from "../stage.ts";
import { openRawOrders } from "./raw-orders.ts";

export const openGrouped: OpenStage = async (file, inputs) => {
  const { database, prepare, insert } = await openRawOrders(file, inputs);
  const [begin, commit] = [prepare("BEGIN IMMEDIATE"), prepare("COMMIT")];
  let gathered: { readonly n: number; readonly resolve: () => void }[] = [];
  const write = (): void => {
    const group = gathered;
    gathered = [];
    begin.run();
    for (const { n } of group) insert(n);
    commit.run();
    for (const { resolve } of group) resolve();
  };
  return {
    server: undefined,
    operations: {
      Create: (n) =>
        new Promise((resolve) => {
          if (gathered.length === 0) setImmediate(write);
          gathered.push({ n, resolve });
        }),
    },
    close: async () => database.close(),
  };
};
