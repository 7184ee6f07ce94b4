/** DESIGN 5.6: generated keys. */

import { expect } from "vitest";
import { has } from "../../../src/adapter/capabilities.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { execute } from "../execute.ts";
import { ascending, type Plain } from "../plain.ts";
import { mutationsOf } from "../plant.ts";
import { reasons, refusal } from "../refusal.ts";
import { MILLISECOND, type Subject } from "../subject.ts";

interface Kind {
  readonly entity: string;
  readonly shape: RegExp;
  /** The key that says the same as none. */
  readonly empty: Plain;
}

const KINDS: readonly Kind[] = [
  {
    entity: "SequencedUuidV7",
    shape: /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u,
    empty: { id: "" },
  },
  {
    entity: "SequencedUuidV4",
    shape: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u,
    empty: { id: "" },
  },
  { entity: "SequencedUlid", shape: /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/u, empty: { id: "" } },
  { entity: "SequencedSnowflake", shape: /^\d{1,19}$/u, empty: { id: 0n } },
];

export const clause: Clause = {
  name: "Create makes the key it is not given, each of its kind and none twice; nothing else takes one that is not there",
  needs: [],
  async run(subject) {
    for (const kind of KINDS) {
      await makes(subject, kind);
      for (const unset of [{}, kind.empty]) await refuses(subject, kind.entity, unset);
      const rows = subject.rows(kind.entity);
      const given = kind.entity === "SequencedSnowflake" ? 42n : subject.unique("given");
      await rows.delete({ id: given }, { allowMissing: true });
      expect((await rows.create({ id: given })).id).toBe(given);
    }
  },
};

async function makes(subject: Subject, { entity, shape, empty }: Kind): Promise<void> {
  const rows = subject.rows(entity);
  const made = [];
  for (let i = 0; i < 20; i++) {
    made.push((await rows.create({ ...(i % 2 === 0 && empty), note: String(i) })).id);
    subject.clock.advance(MILLISECOND);
  }
  for (const id of made) expect(String(id as string | bigint), entity).toMatch(shape);
  expect(new Set(made).size, entity).toBe(20);
  if (entity !== "SequencedUuidV4") expect(made, `${entity} in time's order`).toEqual(ascending(made));
  expect(await rows.get({ id: made[7]! })).toMatchObject({ note: "7" });
}

/** Every other way to name a row, before any I/O. */
async function refuses(subject: Subject, entity: string, unset: Plain): Promise<void> {
  const rows = subject.rows(entity);
  const row = { ...unset, note: "no key" };
  const before = subject.calls();
  await refusal("KEY_INCOMPLETE", rows.put(row));
  await refusal("KEY_INCOMPLETE", rows.update(row));
  await refusal("KEY_INCOMPLETE", rows.update(row, { allowMissing: true }));
  await refusal("KEY_INCOMPLETE", rows.delete(unset));
  await refusal("KEY_INCOMPLETE", rows.delete(unset, { allowMissing: true }));
  await refusal("KEY_INCOMPLETE", rows.get(unset));
  await refusal("KEY_INCOMPLETE", rows.exists({ key: unset }));
  expect(reasons(await rows.batchGet([unset])), entity).toEqual(["KEY_INCOMPLETE"]);
  const items = [rows.op.put(row), rows.op.update(row, { allowMissing: true }), rows.op.delete(unset)];
  expect(reasons(await rows.batchWrite(items)), entity).toEqual(items.map(() => "KEY_INCOMPLETE"));
  const reads = has(subject.capabilities, "execute_read") ? [rows.op.get(unset), rows.op.exists(unset)] : [];
  for (const operation of has(subject.capabilities, "execute") ? [...items, ...reads] : [])
    await refusal("KEY_INCOMPLETE", execute(subject, [rows.op.create({}), operation]));
  expect(subject.calls(), `calls of the store, ${entity}`).toBe(before);
}

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
