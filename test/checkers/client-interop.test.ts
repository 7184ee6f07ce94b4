// gRPC as the interop server of grpc-go has it, asked by both transports of our client.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientCases, interopServer, type InteropServer } from "./client-interop.ts";

let server: InteropServer;
beforeAll(async () => {
  server = await interopServer();
}, 900_000);
afterAll(() => server.close());

describe.each(["native", "grpc-js"] as const)("%s", (transport) => {
  test.each(clientCases)("%s", async (name) => {
    await expect(server.run(name, transport)).resolves.toBeUndefined();
  });
});
