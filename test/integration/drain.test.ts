// SIGTERM under load: every call that was sent is answered, or refused by us before anything happened.
import { expect, test } from "vitest";
import { startSidecar, type Outcome } from "./sidecar.ts";

test("no call that reached the server is lost when it stops", async () => {
  const sidecar = await startSidecar();
  const outcomes: Outcome[] = [];
  let stopped = false;
  const caller = async (name: number): Promise<void> => {
    for (let i = 0; !stopped; i += 1) {
      outcomes.push(await sidecar.call("shop.v1.ProductRepository/Create", { entity: { id: `${name}-${i}` } }));
      if (outcomes.at(-1)?.ok === false) return; // the connection is going away
    }
  };
  const callers = Array.from({ length: 32 }, (_, name) => caller(name));
  while (outcomes.length < 500) await sidecar.call("grpc.health.v1.Health/Check", {});
  const code = await sidecar.stop();
  stopped = true;
  await Promise.all(callers);
  expect(code).toBe(0);
  const created = outcomes.filter(({ ok }) => ok).length;
  const failed = outcomes.filter((outcome) => !outcome.ok);
  // Refused by us, or never sent: the client found no connection.
  expect(
    failed.filter(
      (outcome) =>
        !outcome.ok &&
        !(
          outcome.code === 14 &&
          (outcome.reason === "DRAINING" || /No connection|ECONNREFUSED|connection dropped/i.test(outcome.message))
        ),
    ),
  ).toEqual([]);
  const again = await startSidecar({ directory: sidecar.directory });
  const count = await again.call("shop.v1.ProductRepository/Count", { allowScan: true });
  expect(count).toMatchObject({ ok: true, json: { count: String(created) } });
  await again.dispose();
  await sidecar.dispose();
});
