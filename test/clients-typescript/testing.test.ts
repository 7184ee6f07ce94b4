// pannier/testing: sidecars inside the process of a test, as many as are wanted, each alone with its rows and faults.
import { StoreUnavailableError } from "pannier/client";
import { startSidecar } from "pannier/testing";
import { expect, test } from "vitest";
import { connect } from "../../clients/examples/typescript/gen/index.ts";
import { proto, startShop } from "./sidecar.ts";

test("twenty at once know nothing of each other", async () => {
  const sidecars = await Promise.all(Array.from({ length: 20 }, startShop));
  expect(new Set(sidecars.map(({ target }) => target)).size).toBe(20);
  const found = await Promise.all(
    sidecars.map(async ({ target, faults }, i) => {
      await using db = await connect({ target, attempts: 1 });
      await db.shop.products.create({ id: "same", stock: i });
      if (i === 7) faults.add({ method: "Get", error: "STORE_UNAVAILABLE" });
      return db.shop.products.get({ id: "same" }).then(
        ({ stock }) => stock,
        (error: unknown) => error,
      );
    }),
  );
  await Promise.all(sidecars.map((sidecar) => sidecar.stop()));
  expect(found.toSpliced(7, 1)).toEqual(Array.from({ length: 20 }, (_, i) => i).toSpliced(7, 1));
  expect(found[7]).toBeInstanceOf(StoreUnavailableError);
});

test("stopping leaves no handle behind", async () => {
  const before = process.getActiveResourcesInfo().length;
  await Promise.all((await Promise.all(Array.from({ length: 5 }, startShop))).map((sidecar) => sidecar.stop()));
  await expect.poll(() => process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before);
});

test("what refuses the start of a sidecar refuses it here", async () => {
  await expect(startSidecar({ descriptors: ["/nowhere"] })).rejects.toThrow(/no such file or directory/);
  await expect(startSidecar({ descriptors: [proto], settings: { "limits.nothing": "1" } })).rejects.toThrow(/limits/);
});
