// Ordinary clients with their defaults, on every transport: nothing of what they do by themselves may cost them a call.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { OrdinaryClient, RunningClient } from "./client.ts";
import { clients, whyNot } from "./clients.ts";
import { servingTransports, Stage } from "./stage.ts";

/** Milliseconds of load; `main.ts` does minutes. */
const span = 500;

const reasons = await Promise.all(clients.map(whyNot));
for (const reason of reasons) if (reason !== undefined) console.log(reason);
const tried = clients.map((client, at) => ({ client, isHere: reasons[at] === undefined }));

describe.each(servingTransports)("served by $name", (transport) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open(transport);
  });
  afterAll(() => stage.close());

  for (const { client, isHere } of tried)
    describe.skipIf(!isHere)(`${client.name}`, () => {
      let running: RunningClient;
      beforeAll(async () => {
        const start = await client.provide();
        running = start(stage.address);
      }, 600_000);
      afterAll(() => running.close());

      describe.each(client.inFlight)("with %i in flight", (inFlight) => {
        test.each(["put", "scan"] as const)("loses no %s", async (kind) => {
          const load = await running.load(stage[kind], span, inFlight);
          expect(load).toMatchObject({ lost: 0, first: "" });
          expect(load.calls).toBeGreaterThan(0);
        });
      });

      if (client.calls) singleCalls(client, () => ({ stage, running }));
    });
});

function singleCalls({ name }: OrdinaryClient, at: () => { readonly stage: Stage; readonly running: RunningClient }) {
  test("is answered, in one message and in many", async () => {
    const { stage, running } = at();
    expect(await running.call(stage.put)).toMatchObject({ code: 0, messages: 1 });
    expect(await running.call(stage.scan)).toMatchObject({ code: 0, messages: stage.frames });
  });

  test("is told the details of an error", async () => {
    const { stage, running } = at();
    expect(await running.call(stage.getNothing)).toMatchObject({ code: 5, reason: "ROW_NOT_FOUND" });
  });

  test("is told that its deadline has passed", async () => {
    const { stage, running } = at();
    const ended = await stage.holdingWrites(() => running.call(stage.put, { timeout: 500 }));
    expect(ended).toMatchObject({ code: 4 });
    expect(await running.call(stage.put)).toMatchObject({ code: 0 });
  });

  test("ends a stream by cancelling it", async () => {
    const { stage, running } = at();
    const before = await stage.ended(stage.longScan, "CANCELLED");
    expect(await running.call(stage.longScan, { cancelAfter: 1 })).toMatchObject({ code: 1 });
    await vi.waitFor(async () => expect(await stage.ended(stage.longScan, "CANCELLED")).toBe(before + 1), 60_000);
    expect(await running.call(stage.put)).toMatchObject({ code: 0 });
  });

  test("comes back after a GOAWAY", { timeout: 60_000 }, async () => {
    const { stage, running } = at();
    expect(await running.call(stage.put), name).toMatchObject({ code: 0 });
    await stage.restart();
    await vi.waitFor(async () => expect(await running.call(stage.put)).toMatchObject({ code: 0 }), 30_000);
  });
}
