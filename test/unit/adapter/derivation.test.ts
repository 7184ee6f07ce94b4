/** Functions that make rows are found when the store is opened, and by name when a write asks for them. */

import { expect, test } from "vitest";
import { loadDerivations } from "../../../src/adapter/derivation.ts";
import { derivations as sources } from "../../conformance/derivations.ts";
import { order } from "../repository/fixture.ts";

const [journal] = sources;
if (!journal) throw new TypeError("the journal is the first");
const mutation = { kind: "undelete", entity: order, key: ["t", "1"], now: 0n } as const;
const images = { before: undefined, after: undefined };

test("a module that is not there, or exports no such function, refuses the opening", async () => {
  await expect(loadDerivations([{ ...journal, export: "nothing" }], [])).rejects.toThrow(
    /exports no function nothing/u,
  );
  await expect(loadDerivations([{ ...journal, export: "derivations" }], [])).rejects.toThrow(/no function/u);
  await expect(loadDerivations([{ ...journal, module: "./nowhere.ts" }], [])).rejects.toThrow(/nowhere/u);
});

test("a name that was not given at the opening, and an entity that is not of the store, are told", async () => {
  const derivations = await loadDerivations([journal], [order]);
  const ask = (name: string) => () => derivations.rowsOf([{ name, data: "x" }], mutation, images);
  expect(ask("journal")).toThrow("test.v1.Plain is not of this store");
  expect(ask("other")).toThrow("the store was opened without the derivation other");
  expect(derivations.rowsOf([], mutation, images)).toEqual([]);
});
