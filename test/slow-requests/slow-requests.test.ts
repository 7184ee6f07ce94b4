// A short search for slow requests: none may take many times as long as the dearest honest request of its size.
import { describe, expect, test } from "vitest";
import { loadEntities } from "../unit/schema/codec/entity-under-test.ts";
import { describe as described, encode } from "./genome.ts";
import { seeded } from "./random.ts";
import { cpuCostOf, slowest } from "./search.ts";
import { subjects, type Subject } from "./subjects.ts";

const TRIES = 30;
/** What is not linear is hundreds of times as dear at this size; noise and honest differences are not. */
const MOST_TIMES = 10;

const everything = (await loadEntities()).get("test.v1.Everything");
const all = await subjects();

describe("a request of 1 MiB", () => {
  const honest = honestCost(all);

  test.each(all.map((subject) => [subject.name, subject] as const))(
    "to %s costs what its bytes cost",
    { timeout: 120_000 },
    (_, subject) => {
      const found = slowest(subject, seeded(20_261_127), TRIES);
      const bytes = encode(found.genome);
      const cost = cpuCostOf(() => subject.take(bytes), found.milliseconds > 1_000 ? 1 : 10);
      expect(cost / honest, `${cost.toFixed(1)} ms for ${described(found.genome)}`).toBeLessThan(MOST_TIMES);
    },
  );
});

/** Milliseconds for a row of 45,000 texts, nearly as many as a request may hold. */
function honestCost(all: readonly Subject[]): number {
  const subject = all.find(({ name }) => name === "Create");
  const strings = everything?.model.fields.find(({ name }) => name === "strings");
  if (!subject || !strings) throw new Error("test.v1.Everything has no strings to create");
  const one = Buffer.from("text number 12345");
  const element = Buffer.concat([
    Buffer.from([(strings.number % 16) * 8 + 2 + 128, strings.number >> 4, one.length]),
    one,
  ]);
  const leaf = { name: "strings", times: 45_000, counts: false, bytes: () => element };
  const bytes = encode({ steps: [{ name: "entity", number: 1, times: 1 }], leaf, size: 1_048_576 });
  return cpuCostOf(() => subject.take(bytes), 40);
}
