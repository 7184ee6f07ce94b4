// Two stores side by side, one of them as weak as the poorest: what neither does together, and what the weak one refuses. Rows 59, 60 and 64.
import type { JsonObject } from "@bufbuild/protobuf";
import { describe } from "vitest";
import { CANARY, factsOf } from "./fact.ts";
import { serve, unharmed } from "./sidecars.ts";

const accounts = "test.v1.AccountRepository";
const execute = "pannier.v1.TransactionService/Execute";

const yaml = [
  "stores: {default: {url: 'sqlite:cases.db'}, weak: {url: 'memory:?profile=weak'}}",
  "entities: {test.v1.Account: {store: weak}, test.v1.Guarded: {store: weak}}",
].join("\n");

const packed = (request: string, message: JsonObject): JsonObject => ({
  "@type": `type.googleapis.com/test.v1.${request}`,
  ...message,
});

describe("on sqlite and weak, side by side", () => {
  const place = serve("mixed", { yaml });
  const fact = factsOf(place);
  const create = (id: string): JsonObject => ({ create: { entity: { id, name: CANARY } } });

  fact(59, "several stores", (sidecar) =>
    sidecar.call(execute, {
      operations: [
        packed("TicketRepositoryCreateRequest", { entity: { id: "mixed" } }),
        packed("AccountRepositoryCreateRequest", { entity: { id: "mixed" } }),
      ],
    }),
  );

  fact(60, "an atomic batch wider than the store's step", (sidecar) =>
    sidecar.call(`${accounts}/BatchWrite`, {
      writes: Array.from({ length: 26 }, (_, i) => create(`wide${i}`)),
      atomic: true,
    }),
  );
  fact(60, "an atomic batch with a condition the store cannot test", {
    given: (sidecar) => sidecar.call(`${accounts}/Create`, { entity: { id: "tested", name: "n" } }),
    when: (sidecar) =>
      sidecar.call(`${accounts}/BatchWrite`, {
        writes: [
          create("beside"),
          { update: { entity: { id: "tested", name: CANARY }, condition: { name: { eq: "n" } } } },
        ],
        atomic: true,
      }),
  });
  fact(60, "an Execute that reads where the store cannot", (sidecar) =>
    sidecar.call(execute, {
      operations: [
        packed("AccountRepositoryCreateRequest", { entity: { id: "read" }, readMask: "id" }),
        packed("AccountRepositoryGetRequest", { key: { id: "tested" } }),
      ],
    }),
  );
  fact(60, "a request_id where the store cannot remember it", (sidecar) =>
    Promise.all([
      sidecar.call(`${accounts}/Create`, { entity: { id: "remembered", name: CANARY }, requestId: "r" }),
      sidecar.call(`${accounts}/BatchWrite`, { writes: [create("remembered")], atomic: true, requestId: "r" }),
    ]),
  );
  fact(64, "a strong read where nothing is promised", (sidecar) =>
    Promise.all([
      sidecar.call(`${accounts}/Get`, { key: { id: "tested" }, consistency: "CONSISTENCY_STRONG" }),
      sidecar.call(`${accounts}/List`, { consistency: "CONSISTENCY_STRONG" }),
    ]),
  );

  unharmed(place);
});
