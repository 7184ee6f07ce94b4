/** Opens a store, does its task, and waits to be killed. Started by `other-process.ts`. */

import { Fault } from "../../../src/model/fault.ts";
import type { Adapter } from "../../../src/adapter/adapter.ts";
import { guard } from "../../../src/adapter/decorators/guard.ts";
import { entityKey } from "../direct.ts";
import { testCall } from "../rows.ts";
import { entities, openAdapter } from "../stores.ts";
import { manualClock, type ManualClock } from "../subject.ts";
import type { OpeningFault } from "./opening-clause.ts";
import { NO_FAULT, type Message, type ProcessOptions, type Task } from "./other-process.ts";
import { ticket, UNITS_AT_ONCE, unitOf } from "./units.ts";

const { url, dataDir, entities: names, task, fault } = JSON.parse(process.argv[2] ?? "{}") as ProcessOptions; // other-process.ts made it

const send = (message: Message): void => void process.send?.(message);
process.on("disconnect", () => process.exit(0));

const clock = manualClock();
try {
  const opened = await openAdapter(
    { store: "other", url, dataDir, clock, entities: entities.filter(({ name }) => names.includes(name)) },
    await planted(fault),
  );
  send({ kind: "opened" });
  await perform(guard(opened, "other"), task, clock);
} catch (error) {
  const { reason, message } = error instanceof Fault ? error : { reason: NO_FAULT, message: String(error) };
  send({ kind: "refused", reason, text: message });
}

/** Clauses bring the test runner with them, so they are loaded where a fault is asked for. */
async function planted(name: string | undefined): Promise<OpeningFault["plant"] | undefined> {
  if (name === undefined) return undefined;
  const { openingFaults } = await import("./all.ts");
  const found = openingFaults.find((each) => each.name === name);
  return found?.plant.bind(found);
}

async function perform(adapter: Adapter, todo: Task, now: ManualClock): Promise<void> {
  if (todo.kind === "write units") {
    let next = todo.from;
    const write = async (): Promise<never> => {
      for (;;) {
        const unit = next++;
        const result = await adapter.write(unitOf(now, unit), testCall());
        if (result.kind === "fresh" && result.outcomes.every(({ status }) => status === "applied"))
          send({ kind: "acknowledged", unit });
      }
    };
    await Promise.all(Array.from({ length: UNITS_AT_ONCE }, write));
    return;
  }
  process.on("message", (asked: { readonly id: string }) => {
    const keys = [entityKey(ticket, { id: asked.id })];
    void adapter.read({ keys, fields: undefined, consistency: undefined }, testCall()).then(
      ([outcome]) => send({ kind: "read", status: outcome?.status ?? "nothing" }),
      (error: unknown) => send({ kind: "read", status: String(error) }),
    );
  });
}
