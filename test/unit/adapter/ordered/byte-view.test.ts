/** What a unit has changed, laid over what is committed. */

import { expect, it } from "vitest";
import { createView } from "../../../../src/adapter/ordered/byte-view.ts";
import type { Entry } from "../../../../src/adapter/ordered/byte-store.ts";

const bytes = (text: string): Buffer => Buffer.from(text);
const committed = new Map([["b", "1"], ["d", "1"], ["f", "1"]]); // prettier-ignore

function view(): ReturnType<typeof createView> {
  return createView({
    get: (key) => (committed.has(String(key)) ? bytes(committed.get(String(key))!) : undefined),
    entries: ({ start, end }) => {
      const left: Entry[] = [...committed]
        .filter(([key]) => key >= String(start) && key < String(end))
        .map(([key, value]) => [bytes(key), bytes(value)]);
      return { next: async (most) => left.splice(0, most), close: async () => {} };
    },
  });
}

it("an interval holds what was changed within it, its start and not its end", async () => {
  const over = view();
  for (const key of ["a", "c", "d", "e", "g"]) over.set(bytes(key), bytes("2"));
  over.set(bytes("f"), undefined);
  const entries = over.entries({ start: bytes("c"), end: bytes("g") }, false);
  const found: string[] = [];
  for (let next = await entries.next(2); next.length > 0; next = await entries.next(2))
    found.push(...next.map(([key, value]) => `${String(key)}${String(value)}`));
  expect(found).toEqual(["c2", "d2", "e2"]);
});

it("what was changed comes in its place among what is read in pieces", async () => {
  const over = view();
  for (const key of ["a", "c", "e", "g"]) over.set(bytes(key), bytes("2"));
  const entries = over.entries({ start: bytes("a"), end: bytes("z") }, false);
  const found: string[] = [];
  for (let next = await entries.next(1); next.length > 0; next = await entries.next(1))
    found.push(...next.map(([key, value]) => `${String(key)}${String(value)}`));
  expect(found).toEqual(["a2", "b1", "c2", "d1", "e2", "f1", "g2"]);
});
