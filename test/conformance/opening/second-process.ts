import { expect } from "vitest";
import { has } from "../../../src/adapter/capabilities.ts";
import { altered } from "../plant.ts";
import type { OpeningClause, OpeningFault } from "./opening-clause.ts";

export const clause: OpeningClause = {
  name: "a second process shares the store, or is refused as soon as it opens it where single_process is published",
  needs: ["durable"],
  async run(place) {
    const { subject, adapter, close } = await place.open();
    await subject.rows("Ticket").create({ id: "before" });
    const other = await place.start({ kind: "read" });
    const isSingle = has(adapter.capabilities, "single_process");
    expect(other.opening).toMatchObject(
      isSingle ? { kind: "refused", reason: "STORE_UNAVAILABLE" } : { kind: "opened" },
    );
    expect(other.opening.kind === "refused" ? other.opening.text : "another process").toContain("another process");
    const seen: string[] = [];
    for (const id of ["before", "after"]) {
      if (id === "after") await subject.rows("Ticket").create({ id });
      if (isSingle) continue;
      other.ask(id);
      seen.push((await other.next("read")).status);
    }
    expect(seen).toEqual(isSingle ? [] : ["found", "found"]);
    await other.kill();
    expect(await subject.rows("Ticket").get({ id: "after" })).toMatchObject({ id: "after" });
    await close();
    if (!place.hasFiles) return; // a server has nothing of it open
    // The other way around: what a dead process had open is free.
    const dying = await place.start({ kind: "read" });
    expect(dying.opening).toEqual({ kind: "opened" });
    await dying.kill();
    const { subject: left } = await place.open();
    expect(await left.rows("Ticket").get({ id: "before" })).toMatchObject({ id: "before" });
  },
};

export const faults: readonly OpeningFault[] = [
  {
    name: "a store that only one process can open does not publish it",
    plant: (open) => async (options) => {
      const adapter = await open(options);
      return altered(adapter, {
        capabilities: { ...adapter.capabilities, single_process: { supported: false } },
      });
    },
  },
];
