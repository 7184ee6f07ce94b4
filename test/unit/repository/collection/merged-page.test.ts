/** A page of a collection for which there is little time: it may be short, and whoever goes on comes to the end. */

import { expect, it } from "vitest";
import { guard } from "../../../../src/adapter/decorators/guard.ts";
import { open } from "../../../../src/adapter/memory/open.ts";
import type { Call } from "../../../../src/model/call.ts";
import type { EntityModel } from "../../../../src/model/entity.ts";
import { createCollections } from "../../../../src/repository/collection/collections.ts";
import { createRepository } from "../../../../src/repository/create-repository.ts";
import { DEFAULT_LIMITS } from "../../../../src/repository/limits.ts";
import type { CollectionPage } from "../../../../src/repository/operation.ts";
import { createGenerators } from "../../../../src/repository/write/generate.ts";
import { createRandom } from "../../../../src/repository/write/random.ts";
import { entityOf, sparseOf, text } from "../../model/sample.ts";
import { freshCall, sealer, START } from "../fixture.ts";

/** The order of its texts is none that a store has, so that all of a partition passes by for each page. */
const entity: EntityModel = {
  ...entityOf({
    name: "test.Turned",
    fields: { tenant: { type: text, plain: true }, a: { type: text, plain: true }, b: { type: text, plain: true } },
    key: ["tenant", "a", "b"],
  }),
  item: { partition: "T#{tenant}", sort: "{b}#{a}" },
};

/** More than half of whose time is over, whenever somebody looks. */
const late: Call = {
  deadline: 0,
  aborted: false,
  signal: new AbortController().signal,
  onAbort: () => () => {},
  requestId: "late",
};

it("never ends where it began", async () => {
  const clock = { now: () => START };
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const given = { store: "main", url: new URL("memory:"), dataDir: "", settings: {}, tables: "auto" } as const;
  const adapter = guard(await open({ ...given, entities: [entity], clock, log: quiet }), "main");
  const options = {
    entity,
    adapter,
    store: "main",
    limits: DEFAULT_LIMITS,
    tokens: sealer,
    clock,
    ids: createGenerators({ clock, random: createRandom(), node: 1 }),
    scans: "refuse",
    restores: "refuse",
    pause: () => Promise.resolve(true),
  } as const;
  const repository = createRepository(options);
  const write = { requestId: "", readMask: undefined, consistency: undefined, validateOnly: false };
  for (const [a, b] of ["1z", "2y", "3x", "4w"])
    await repository.create(
      { ...write, entity: sparseOf(entity, { tenant: "t", a: a ?? "", b: b ?? "" }) },
      freshCall(),
    );
  const collections = createCollections(() => options);
  const page = (pageToken: string): Promise<CollectionPage> =>
    collections.query(
      {
        entities: [entity],
        isOpen: false,
        partition: { kind: "text", text: "T#t" },
        index: "",
        sortKey: undefined,
        descending: false,
        showDeleted: false,
        pageSize: 2,
        pageToken,
        consistency: undefined,
        readMask: undefined,
      },
      late,
    );
  const first = await page("");
  const second = await page(first.nextPageToken);
  expect([first, second].map(({ items }) => items.map(({ sortKey }) => sortKey))).toEqual([
    ["w#4", "x#3"],
    ["y#2", "z#1"],
  ]);
});
