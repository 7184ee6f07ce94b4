// Changed sessions of clients get from native no answer that grpc-js would not give.
import { expect, test } from "vitest";
import { differences } from "./differential.ts";

test("300 changed sessions are answered as grpc-js answers them, where both do", { timeout: 300_000 }, async () => {
  const { compared, found } = await differences(1, 300, 8);
  expect(found).toEqual([]);
  expect(compared).toBeGreaterThan(100);
});
