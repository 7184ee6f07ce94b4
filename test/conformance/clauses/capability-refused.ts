/** DESIGN 5.9: what a store cannot do. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";
import { testCall } from "../rows.ts";

export const clause: Clause = {
  name: "what a store does not publish is refused before any I/O, by name",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const { repository, op } = accounts;
    const id = subject.unique("capability");
    await accounts.create({ id });
    const levels = ["each_quorum", "local_serial", "three"] as const;
    const published = subject.capabilities.consistency;
    const before = subject.calls();
    for (const consistency of levels) {
      if (published?.supported === true && published.values.includes(consistency)) continue;
      const read = { key: [id], readMask: undefined, showDeleted: false, consistency };
      const calls = [
        repository.get(read, testCall()),
        repository.create({ ...op.create({ id: `${id}-2` }).request, consistency }, testCall()),
        repository.update({ ...op.update({ id, name: "x" }).request, consistency }, testCall()),
        repository.delete({ ...op.delete({ id }).request, consistency }, testCall()),
        repository.count({ where: undefined, showDeleted: false, allowScan: true, consistency }, testCall()),
        accounts.list({ consistency }),
        accounts.scan({ consistency }),
      ];
      for (const call of calls) {
        const fault = await refusal("CAPABILITY_MISSING", call);
        expect(fault.code).toBe("UNIMPLEMENTED");
        expect(fault.detail.metadata?.capability).toBe("consistency");
        expect(fault.detail.store).toBeDefined();
      }
    }
    if (subject.capabilities.request_id?.supported !== true)
      await refusal("CAPABILITY_MISSING", accounts.update({ id, name: "x" }, { requestId: "id" }));
    if (subject.capabilities.skip?.supported !== true) await refusal("CAPABILITY_MISSING", accounts.list({ skip: 1 }));
    if (subject.capabilities.exact_total?.supported !== true)
      await refusal("CAPABILITY_MISSING", accounts.list({ total: "exact" }));
    if (subject.capabilities.estimated_total?.supported !== true)
      await refusal("CAPABILITY_MISSING", accounts.list({ total: "estimated" }));
    if (subject.capabilities.parallel_scan?.supported !== true)
      await refusal("CAPABILITY_MISSING", accounts.scan({ parallelism: 2 }));
    expect(subject.calls(), "asked of the store meanwhile").toBe(before);
  },
};

export const fault: PlantedFault = {
  name: "every consistency is accepted once the store was used",
  plant: (adapter) => {
    let used = false;
    const { capabilities } = adapter;
    const values = ["each_quorum", "local_serial", "three"] as const;
    return altered(adapter, {
      get capabilities() {
        return used ? { ...capabilities, consistency: { supported: true, values } } : capabilities;
      },
      write: (request, call) => {
        used = true;
        return adapter.write(request, call);
      },
    });
  },
};
