// What measuring costs a call: the three wrappers of a Get (service, repository, adapter) around nothing, with and without. `node test/bench/telemetry.ts`
import { incomingCall } from "../fixtures/incoming-call.ts";
import type { Interceptor } from "../../src/model/interceptor.ts";
import { observedCalls } from "../../src/server/observed-calls.ts";
import { createCallMetrics } from "../../src/telemetry/call-metrics.ts";
import { timed } from "../../src/telemetry/timed.ts";
import type { UnaryMethod } from "../../src/transport/transport.ts";

const rounds = 300_000;
const metrics = createCallMetrics();
const call = incomingCall("bench");
const answer = new Uint8Array(200);
const read = async (): Promise<Uint8Array> => answer;

/** The same depth of async functions either way: what stands there without measuring stands there, too. */
function method(adapter: Interceptor | undefined, repository: Interceptor | undefined): UnaryMethod {
  const adapterRead = adapter ? () => adapter.run(call, read) : read;
  const get = async (): Promise<Uint8Array> => await adapterRead();
  const observed = repository ? () => repository.run(call, get) : get;
  const handle = async (): Promise<Uint8Array> => await observed();
  return { kind: "unary", timeout: { maximum: 1, fallback: 1 }, handle };
}

const quiet = { debug: () => {}, warn: () => {}, isLevelEnabled: () => false };
const adapter = timed(metrics.seconds("adapter", "read"));
const repository = timed(metrics.seconds("repository", "Get"));
const plain = method(undefined, undefined);
const measured = observedCalls(new Map([["/shop.v1.ProductRepository/Get", method(adapter, repository)]]), {
  log: quiet,
  metrics,
  tracing: undefined,
  slow: () => 1_000,
  of: { entity: "shop.v1.Product", store: "default" },
}).get("/shop.v1.ProductRepository/Get");
if (measured?.kind !== "unary") throw new Error("Get is unary");

/** Microseconds of processor time per call. */
async function cost(of: UnaryMethod): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < rounds; i += 1) await of.handle(answer, call);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / rounds;
}

const costs = { without: Infinity, with: Infinity };
for (let i = 0; i < 7; i += 1) {
  costs.without = Math.min(costs.without, await cost(plain));
  costs.with = Math.min(costs.with, await cost(measured));
}
console.log(`µs of CPU per Get: ${costs.without.toFixed(2)} without, ${costs.with.toFixed(2)} with, ${(costs.with - costs.without).toFixed(2)} for measuring`); // prettier-ignore
