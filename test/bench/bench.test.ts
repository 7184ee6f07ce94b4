// The benchmark runs, and tells what it should; what it measures is nobody's business here.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { benchOptions } from "./options.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

test("a short run measures every operation of the stages that were asked for", async () => {
  const flags = ["--quick", "--orders=2000", "--ms=20", "--stages=raw,grpc", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...flags]);
  const report: unknown = JSON.parse(stdout);
  expect(report).toMatchObject({ orders: 2_000, startUp: { cold: expect.any(Number), warm: expect.any(Number) } });
  const { cells } = report as { cells: { stage: string; operation: string; flights: number }[] }; // as main.ts prints it
  const names = cells.map(({ stage, operation, flights }) => `${stage} ${operation} ${flights}`);
  for (const operation of ["Get", "BatchGet", "List", "Create", "Update"]) {
    expect(names).toContain(`raw ${operation} 1`);
    for (const flights of [1, 8, 64]) expect(names).toContain(`grpc ${operation} ${flights}`);
  }
}, 120_000);

test("what it does not know is refused, with what there is", () => {
  expect(() => benchOptions(["--stages=raw,attic"])).toThrow("there is no attic, only raw, grouped, adapter");
  expect(() => benchOptions(["--ms=soon"])).toThrow("--ms wants a whole number");
  expect(() => benchOptions(["--fast"])).toThrow("--fast");
});
