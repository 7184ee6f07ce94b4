// Every language says the same: stubs of the emitted module, by the language's ordinary tools, against a served process.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { whyNot } from "../clients/clients.ts";
import { startSidecar, type Sidecar } from "../integration/sidecar.ts";
import type { Program } from "./build.ts";
import { emittedModule, examples, runExample } from "./example.ts";

const said = `created Lamp: 12.50 EUR, version 1
got Lamp: 3 in stock
listed what can be sold: Lamp
sold 2 of Lamp: 1 left
refused to sell 2 more: CONDITION_FAILED of shop.v1.Product
scanned: Chandelier, Lamp
executed: an order of 12.50 EUR, 0 left
refused the next order: CONDITION_FAILED in operation 1; orders: 1
missed: ROW_NOT_FOUND of shop.v1.Product
mistaken: DECIMAL_INVALID in entity.price
`;

const reasons = await Promise.all(examples.map(whyNot));
for (const reason of reasons) if (reason !== undefined) console.log(`example: ${reason}`);
const tried = examples.map((example, at) => ({ example, isHere: reasons[at] === undefined }));

let sidecar: Sidecar;
beforeAll(async () => {
  sidecar = await startSidecar();
});
afterAll(() => sidecar.dispose());

for (const { example, isHere } of tried)
  describe.skipIf(!isHere)(`${example.name}`, () => {
    let program: Program;
    beforeAll(async () => {
      await using module = await emittedModule();
      program = await example.build(module.path);
    }, 1_800_000);

    test("does all of it, and reads what errors say", async () => {
      const before = await count();
      expect(await runExample(program, sidecar.address)).toBe(said);
      expect(await count()).toBe(before + 1);
    });

    test("ends with a failure where nobody serves", async () => {
      await expect(runExample(program, "127.0.0.1:1")).rejects.toThrow(/Command failed/);
    });
  });

/** Orders that there are: each run leaves one. */
async function count(): Promise<number> {
  const { frames } = await sidecar.stream("shop.v1.OrderRepository/Scan", {});
  return frames.reduce<number>((sum, frame) => sum + entitiesIn(frame), 0);
}

function entitiesIn(frame: unknown): number {
  const has = typeof frame === "object" && frame !== null && "entities" in frame;
  return has && Array.isArray(frame.entities) ? frame.entities.length : 0;
}
