// HTTP services on the client, as their frameworks have it: the same answers from each. With PANNIER_TEST_SERVERS=all, because npm installs them.
import { env } from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSidecar, type Sidecar } from "../integration/sidecar.ts";
import { buildService, services, startService, type RunningService } from "./service.ts";

describe.skipIf(env["PANNIER_TEST_SERVERS"] !== "all").each(services)("on $name", (example) => {
  let sidecar: Sidecar;
  let service: RunningService;
  beforeAll(async () => {
    const [started, folder] = await Promise.all([startSidecar(), buildService(example)]);
    sidecar = started;
    service = await startService(example, folder, sidecar.address);
  }, 1_800_000);
  afterAll(async () => {
    await service.stop();
    await sidecar.dispose();
  });

  /** The status, and what was said with it. */
  async function ask(method: string, path: string, body?: object): Promise<{ status: number; json: unknown }> {
    const more = body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const answer = await fetch(service.url + path, { method, ...more });
    return { status: answer.status, json: await answer.json() };
  }

  test("products are made, found, changed and listed, and their versions are exact", async () => {
    const made = { id: "lamp", name: "Lamp", price: "12.50", stock: 3, category: "light" };
    expect(await ask("POST", "/products", made)).toMatchObject({ status: 201, json: { ...made, version: "1" } });
    expect(await ask("GET", "/products/lamp")).toMatchObject({ status: 200, json: made });
    const changed = await ask("PATCH", "/products/lamp", { price: "9.00", name: null });
    expect(changed).toMatchObject({ status: 200, json: { price: "9.00", version: "2" } });
    expect(changed.json).not.toHaveProperty("name");
    const listed = await ask("GET", "/products?category=light");
    expect(listed).toMatchObject({ status: 200, json: { products: [{ id: "lamp", version: "2" }] } });
  });

  test("of ten who want the last three pieces, three get one", async () => {
    await ask("POST", "/products", { id: "cup", stock: 3 });
    const sales = await Promise.all(Array.from({ length: 10 }, () => ask("POST", "/products/cup/sales")));
    expect(sales.filter(({ status }) => status === 200)).toHaveLength(3);
    const refused = sales.filter(({ status }) => status !== 200);
    for (const sale of refused) expect(sale).toMatchObject({ status: 409, json: { reason: "CONDITION_FAILED" } });
  });

  test.each([
    [404, "GET", "/products/none", undefined, { reason: "ROW_NOT_FOUND" }],
    [400, "POST", "/products", { price: 12.5 }, { reason: "FIELD_INVALID", field: "price" }],
    [400, "POST", "/products", { price: "cheap" }, { reason: "DECIMAL_INVALID", field: "entity.price" }],
    [400, "POST", "/products", { colour: "red" }, { reason: "FIELD_UNKNOWN", field: "colour" }],
    [400, "POST", "/products", { version: "7" }, { reason: "FIELD_INVALID", field: "version" }],
    [400, "PATCH", "/products/none", { id: "other" }, { reason: "FIELD_INVALID", field: "id" }],
  ])("answers %i to %s %s of %o", async (status, method, path, body, json) => {
    expect(await ask(method, path, body)).toMatchObject({ status, json });
  });

  test("a sidecar that is gone is 503, and one that comes back is found", async () => {
    const { directory, address } = sidecar;
    expect(await ask("GET", "/health")).toEqual({ status: 200, json: { health: "serving" } });
    await sidecar.stop();
    const gone = await ask("GET", "/products/none");
    expect(gone).toMatchObject({ status: 503, json: { reason: "CONNECTION_UNAVAILABLE" } });
    sidecar = await startSidecar({ directory, listen: address });
    await expect.poll(() => ask("GET", "/products/none")).toMatchObject({ status: 404 });
  });
});
