// Tries to convert a file as somebody who may only read it; prints the reason it is told. Root gives itself up first.
import { readFileSync } from "node:fs";
import { argv, exit, stdout } from "node:process";
import { classify } from "../../src/adapter/sqlite/failure.ts";
import { parseContract } from "../../src/migration/contract-text.ts";
import { modelOf } from "../../src/migration/model.ts";
import { Fault } from "../../src/model/fault.ts";
import { Process } from "./process.ts";

const NOBODY = 65_534;
const [, , dataDir = "", file = ""] = argv;
// Written by the tests beside it.
const asked = JSON.parse(readFileSync(file, "utf8")) as { contract: string; accept: string[] };
const entity = modelOf(parseContract(asked.contract));
if (process.getuid?.() === 0) process.setuid?.(NOBODY);
try {
  new Process(dataDir, entity, "off").convert(asked.accept, 10);
  stdout.write("done");
} catch (error) {
  stdout.write(error instanceof Fault ? error.reason : classify(error).reason);
}
exit(0);
