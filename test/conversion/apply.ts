// Applies the conversion of a file in a directory, a step at a time; says how far it is after each.
import { argv, exit, stdout } from "node:process";
import { anyCall, openStore } from "../unit/adapter/sqlite/store.ts";
import { after } from "./entity.ts";

const [, , dataDir = ""] = argv;
const store = await openStore([after], { dataDir, tables: "off" });
let rows = 200;
for (;;) {
  const began = performance.now();
  const step = await store.schema?.convert?.({ entity: after, accept: [], rows }, anyCall(600_000));
  if (!step || step.status === "refused") exit(1);
  stdout.write(`${step.copied} ${step.total} ${process.memoryUsage.rss()}\n`);
  if (step.status === "done") break;
  rows = Math.round(
    Math.min(20_000, Math.max(20, rows * Math.min(2, Math.max(0.5, 10 / (performance.now() - began))))),
  );
}
await store.close();
