// What the probes say while the process waits for its calls to end.
import { expect, test } from "vitest";
import { startSidecar } from "../sidecar.ts";
import { page } from "./serving.ts";

test("while it drains it lives and is not ready, and says why", async () => {
  const sidecar = await startSidecar({ environment: { PANNIER_SHUTDOWN_GRACE: "20s" } });
  const writes = Array.from({ length: 400 }, (_, n) => ({ put: { entity: { id: `${n}`, name: "x".repeat(2_000) } } }));
  expect((await sidecar.call("shop.v1.ProductRepository/BatchWrite", { writes })).ok).toBe(true);
  const same = (bytes: Buffer): Buffer => bytes;
  const scan = sidecar.client.makeServerStreamRequest("/shop.v1.ProductRepository/Scan", same, same, Buffer.alloc(0));
  scan.on("error", () => {}); // it is ended with the process
  await new Promise((resolve) => scan.once("data", resolve));
  scan.pause(); // more is left than fits on the way
  const ended = sidecar.stop();
  await expect.poll(async () => (await page(sidecar, "/readyz")).status).toBe(503);
  const { text } = await page(sidecar, "/readyz");
  expect(JSON.parse(text)).toMatchObject({
    status: "unavailable",
    checks: { process: { status: "failed", reason: "DRAINING" }, "store.default": { status: "ok" } },
  });
  expect(await page(sidecar, "/livez")).toEqual({ status: 200, text: "OK\n" });
  scan.resume();
  expect(await ended).toBe(0);
  await sidecar.dispose();
});
