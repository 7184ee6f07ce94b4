// Traces, as a collector gets them: one span on each stage of a call, inside the caller's, and never a value.
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSidecar, type Sidecar } from "../sidecar.ts";
import { entries } from "./serving.ts";
import { startReceiver, type OtlpReceiver, type Span } from "./otlp-receiver.ts";

let receiver: OtlpReceiver;
let sidecar: Sidecar;
beforeAll(async () => {
  receiver = await startReceiver();
  sidecar = await startSidecar({
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_SERVICE_NAME: "shop-data",
      PANNIER_LOG_SLOW_CALLS: "0s",
    },
  });
});
afterAll(async () => {
  await sidecar.dispose();
  receiver.close();
});

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const caller = "00f067aa0ba902b7";
const traceparent = `00-${trace}-${caller}-01`;

test("a call's spans are sent before the process ends, each inside the one above", async () => {
  const secret = "value-that-is-nobodys-business";
  await sidecar.call("shop.v1.ProductRepository/Create", { entity: { id: secret, name: secret } }, { metadata: { traceparent } }); // prettier-ignore
  await sidecar.call("shop.v1.ProductRepository/Get", { key: { id: "nobody" } }, { metadata: { traceparent: `00-${trace}-${caller}-00` } }); // prettier-ignore
  await sidecar.stream("shop.v1.ProductRepository/Scan", {}, { metadata: { traceparent } });
  await sidecar.call("shop.v1.ProductRepository/Get", { key: { id: "nobody" } });
  expect(await sidecar.stop()).toBe(0);

  const [creating, scanning] = [chain("shop.v1.ProductRepository/Create"), chain("shop.v1.ProductRepository/Scan")];
  const about = { "pannier.entity": "shop.v1.Product", "pannier.store": "default", "pannier.code": "OK" };
  expect(creating.map(({ name }) => name)).toEqual(["shop.v1.ProductRepository/Create", "repository Create", "adapter write"]);
  expect(creating[0]).toMatchObject({ traceId: trace, parentSpanId: caller, service: "shop-data", status: 0 });
  expect(creating[0]?.attributes).toMatchObject({ ...about, "rpc.system": "grpc", "rpc.method": "Create" });
  expect(creating[1]?.attributes).toMatchObject({ ...about, "pannier.stage": "repository", "pannier.method": "Create" });
  expect(creating[2]?.attributes).toMatchObject({ "pannier.store": "default", "pannier.method": "write", "pannier.code": "OK" });
  expect(scanning.map(({ name }) => name)).toEqual(["shop.v1.ProductRepository/Scan", "repository Scan", "adapter scan"]);

  // The second Get is a trace of its own; the first was not sampled by its caller.
  const gets = receiver.spans.filter(({ name }) => name.endsWith("/Get"));
  expect(gets).toHaveLength(1);
  expect(gets[0]?.traceId).not.toBe(trace);
  expect(gets[0]?.attributes["pannier.code"]).toBe("NOT_FOUND");
  expect(gets[0]?.status).toBe(0);
  expect(entries(sidecar).some(({ traceId }) => traceId === gets[0]?.traceId)).toBe(true);
  expect(receiver.bodies.some((body) => body.includes(secret))).toBe(false);
}); // prettier-ignore

/** A span and those inside it, from the call down. */
function chain(name: string): readonly Span[] {
  const spans: Span[] = [];
  for (let span = receiver.spans.find((one) => one.name === name); span;) {
    const { spanId } = span;
    spans.push(span);
    span = receiver.spans.find(({ parentSpanId }) => parentSpanId === spanId);
  }
  return spans;
}

test.each([
  ["the sampler says never", { OTEL_TRACES_SAMPLER: "always_off" }],
  ["the SDK is disabled", { OTEL_SDK_DISABLED: "true" }],
])("nothing is sent when %s", async (_, environment) => {
  const sent = receiver.bodies.length;
  const other = await startSidecar({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...environment } });
  await other.call("shop.v1.ProductRepository/Get", { key: { id: "nobody" } });
  await other.dispose();
  expect(receiver.bodies.length).toBe(sent);
});

test("a collector that is not there holds nothing up, and is told in the log", async () => {
  const other = await startSidecar({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" } });
  expect((await other.call("shop.v1.ProductRepository/Create", { entity: { id: "untraced" } })).ok).toBe(true);
  const asked = performance.now();
  expect(await other.stop()).toBe(0);
  expect(performance.now() - asked).toBeLessThan(9_000); // an export that is waited for has 10 s
  await other.dispose();
});
