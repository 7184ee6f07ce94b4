// gRPC as the interop client of grpc-go asks for it, with client streams as methods of many requests.
import { afterAll, beforeAll, expect, test } from "vitest";
import { interop, interopCases, type RunningInterop } from "./interop.ts";

let running: RunningInterop;
beforeAll(async () => {
  running = await interop("native");
}, 900_000);
afterAll(() => running.close());

test.each(interopCases)("%s", async (name) => {
  expect(await running.run(name, { iterations: 20, threads: 2 })).toMatchObject({ name, passed: true });
});
