/** Writes that are gathered are answered, and leave rows, as if each were written by itself. */

import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stores, type OpenedSubject } from "../stores.ts";
import { perform, remains, waves } from "./operations.ts";

/** Milliseconds: the store is a server that other tests keep busy too. */
const LIMIT = 180_000;
const KEYS = [0, 1, 2, 3, 4, 5];

/** Stores that gather writes, and how many sequences; those that extend another have fewer. */
const GATHERING = [
  { name: "PostgreSQL", sequences: 100 },
  { name: "CockroachDB", sequences: 25 },
];

for (const { name, sequences } of GATHERING) {
  let plain: OpenedSubject;
  let gathering: OpenedSubject;
  beforeAll(async () => {
    const opened = async (wanted: string): Promise<OpenedSubject> =>
      stores.find((store) => store.name === wanted)!.open();
    [plain, gathering] = [await opened("memory"), await opened(name)];
  });

  afterAll(async () => {
    await Promise.all([plain, gathering].map((store) => store.close()));
  });

  test(
    `${sequences} sequences of writes that come together are answered by ${name} as one by one`,
    async () => {
      expect.hasAssertions();
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(waves, async (sequence) => {
          const run = `run${runs++}`;
          for (const wave of sequence) {
            const alone: unknown[] = [];
            for (const write of wave) alone.push(await perform(plain.subject, write, run));
            const together = await Promise.all(wave.map((write) => perform(gathering.subject, write, run)));
            expect(together).toEqual(alone);
          }
          expect(await remains(gathering.subject, run, KEYS)).toEqual(await remains(plain.subject, run, KEYS));
        }),
        { numRuns: sequences },
      );
    },
    LIMIT,
  );
}
