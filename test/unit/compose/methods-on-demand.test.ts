/** A service's methods are made when one of them is called, all at once, and once. */

import { expect, test } from "vitest";
import { methodsOnDemand } from "../../../src/compose/methods-on-demand.ts";
import type { IncomingCall, Method } from "../../../src/transport/transport.ts";

const timeout = { maximum: 30_000, fallback: 5_000 };
const call = {} as IncomingCall; // passed on, never looked at
const kinds = new Map<string, Method["kind"]>([
  ["/s/One", "unary"],
  ["/s/Many", "server_stream"],
]);

function service(): { readonly methods: ReadonlyMap<string, Method>; readonly made: () => number } {
  let made = 0;
  const methods = methodsOnDemand(kinds, timeout, () => {
    made += 1;
    return new Map<string, Method>([
      ["/s/One", { kind: "unary", timeout, handle: (request) => Promise.resolve(request) }],
      [
        "/s/Many",
        {
          kind: "server_stream",
          handle: async function* (request) {
            await Promise.resolve();
            yield request;
            yield request;
          },
        },
      ],
    ]);
  });
  return { methods, made: () => made };
}

test("nothing is made before a call, and one call makes all", async () => {
  const { methods, made } = service();
  expect([...methods].map(([path, { kind }]) => [path, kind])).toEqual([...kinds]);
  expect(made()).toBe(0);
  const request = Uint8Array.of(7);
  const one = methods.get("/s/One");
  const many = methods.get("/s/Many");
  if (one?.kind !== "unary" || many?.kind !== "server_stream") throw new Error("the kinds are others");
  expect(await one.handle(request, call)).toBe(request);
  expect(await one.handle(request, call)).toBe(request);
  const frames: Uint8Array[] = [];
  for await (const frame of many.handle(request, call)) frames.push(frame);
  expect(frames).toEqual([request, request]);
  expect(made()).toBe(1);
});
