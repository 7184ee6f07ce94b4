// The process that is killed: applies a conversion to a file in a directory, a step at a time, and says how far it is after each.
import { readFileSync } from "node:fs";
import { argv, exit, stdout } from "node:process";
import { parseContract } from "../../src/migration/contract-text.ts";
import { modelOf } from "../../src/migration/model.ts";
import { anyCall, openStore } from "../unit/adapter/sqlite/store.ts";

const [, , dataDir = "", file = ""] = argv;
// Written by the tests beside it.
const asked = JSON.parse(readFileSync(file, "utf8")) as { contract: string; accept: string[]; rows?: number };
const entity = modelOf(parseContract(asked.contract));
const store = await openStore([entity], { dataDir, tables: "off" });
let rows = asked.rows ?? 200;
for (;;) {
  const began = performance.now();
  const step = await store.schema?.convert?.({ entity, accept: asked.accept, rows }, anyCall(600_000));
  if (!step || step.status === "refused") exit(1);
  stdout.write(`${step.copied} ${step.total} ${process.memoryUsage.rss()}\n`);
  if (step.status === "done") break;
  if (asked.rows !== undefined) continue;
  const took = performance.now() - began;
  rows = Math.round(Math.min(20_000, Math.max(20, rows * Math.min(2, Math.max(0.5, 10 / took)))));
}
await store.close();
