/** DESIGN 5.6: generated keys. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { ascending } from "../plain.ts";
import { mutationsOf } from "../plant.ts";
import { refusal } from "../refusal.ts";
import { MILLISECOND } from "../subject.ts";

const SHAPES = {
  SequencedUuidV7: /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u,
  SequencedUuidV4: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u,
  SequencedUlid: /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/u,
  SequencedSnowflake: /^\d{1,19}$/u,
} as const;

export const clause: Clause = {
  name: "Create makes the key it is not given, each of its kind and none twice",
  needs: [],
  async run(subject) {
    for (const [entity, shape] of Object.entries(SHAPES)) {
      const rows = subject.rows(entity);
      const made = [];
      for (let i = 0; i < 20; i++) {
        made.push((await rows.create({ note: String(i) })).id);
        subject.clock.advance(MILLISECOND);
      }
      for (const id of made) expect(String(id as string | bigint), entity).toMatch(shape);
      expect(new Set(made).size, entity).toBe(20);
      if (entity !== "SequencedUuidV4") expect(made, `${entity} in time's order`).toEqual(ascending(made));
      expect(await rows.get({ id: made[7]! })).toMatchObject({ note: "7" });
      // A number 0 is a key like another; only Create takes it for a wish.
      if (entity !== "SequencedSnowflake") await refusal("KEY_INCOMPLETE", rows.put({ note: "no key" }));
      const given = entity === "SequencedSnowflake" ? 42n : subject.unique("given");
      await rows.delete({ id: given }, { allowMissing: true });
      expect((await rows.create({ id: given })).id).toBe(given);
    }
  },
};

export const fault: PlantedFault = {
  name: "made keys are cut",
  plant: (adapter) =>
    mutationsOf(adapter, "create", (create) => {
      const [part] = create.entity.key;
      if (!part || create.entity.fields[part.ordinal]?.generate === undefined) return create;
      const [made] = create.key;
      const cut = typeof made === "string" ? made.slice(0, 24) : (made ?? "");
      const record = create.record.with(part.ordinal, cut);
      return { ...create, key: [cut], record };
    }),
};
