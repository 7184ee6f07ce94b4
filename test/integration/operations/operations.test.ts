// The operations port of a served sidecar: probes, metrics of one call, and what it refuses.
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSidecar, type Sidecar } from "../sidecar.ts";
import { entries, metrics, operationsUrl, page, told } from "./serving.ts";

let sidecar: Sidecar;
beforeAll(async () => {
  sidecar = await startSidecar({ environment: { PANNIER_LOG_SLOW_CALLS: "0s" } });
});
afterAll(() => sidecar.dispose());

const get = "shop.v1.ProductRepository/Get";
const labels = 'entity="shop.v1.Product",store="default"';

test("/livez is OK, and /readyz and /healthz name every check", async () => {
  expect(await page(sidecar, "/livez")).toEqual({ status: 200, text: "OK\n" });
  for (const path of ["/readyz", "/healthz?verbose"]) {
    const { status, text } = await page(sidecar, path);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      status: "ok",
      checks: { process: { status: "ok" }, "store.default": { status: "ok" }, configuration: { status: "ok" } },
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  }
});

test("a call is counted with its code, and timed on every stage", async () => {
  const before = await metrics(sidecar);
  expect((await sidecar.call(get, { key: { id: "nobody" } })).ok).toBe(false);
  await sidecar.call("shop.v1.ProductRepository/Create", { entity: { id: "counted" } });
  expect((await sidecar.call(get, { key: { id: "counted" } })).ok).toBe(true);
  const operations = [{ "@type": "type.googleapis.com/shop.v1.ProductRepositoryExistsRequest", key: { id: "counted" } }];
  expect((await sidecar.call("pannier.v1.TransactionService/Execute", { operations })).ok).toBe(true);
  const after = await metrics(sidecar);
  const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  expect(grown('pannier_call_seconds_count{stage="repository",method="Execute"}')).toBe(1);
  expect(grown('pannier_call_seconds_count{stage="adapter",method="execute"}')).toBe(1);
  expect(grown(`pannier_calls_total{method="Get",${labels},code="OK"}`)).toBe(1);
  expect(grown(`pannier_calls_total{method="Get",${labels},code="NOT_FOUND"}`)).toBe(1);
  expect(grown('pannier_call_seconds_count{stage="service",method="Get"}')).toBe(2);
  expect(grown('pannier_call_seconds_count{stage="repository",method="Get"}')).toBe(2);
  expect(grown('pannier_call_seconds_count{stage="adapter",method="read"}')).toBe(2);
  expect(grown('pannier_call_seconds_count{stage="adapter",method="write"}')).toBe(1);
  expect(grown('pannier_commit_group_size_count{store="default"}')).toBe(1);
  expect(after.get('pannier_store_up{store="default"}')).toBe(1);
  expect(after.get("pannier_calls_in_flight")).toBe(0);
  expect(after.get('pannier_queue_depth{store="default"}')).toBe(0);
  for (const name of ["pannier_event_loop_delay_seconds", "process_resident_memory_bytes", "nodejs_heap_size_used_bytes"])
    expect(after.get(name)).toBeGreaterThanOrEqual(0);
}); // prettier-ignore

test("a frame of a scan is timed by itself, and what never reached a method is counted, too", async () => {
  const before = await metrics(sidecar);
  await sidecar.stream("shop.v1.ProductRepository/Scan", {});
  const unknown = await new Promise((resolve) =>
    sidecar.client.makeUnaryRequest("/shop.v1.Nothing/Get", (bytes: Buffer) => bytes, (bytes) => bytes, Buffer.alloc(0), resolve),
  );
  expect(unknown).toMatchObject({ code: 12 });
  const after = await metrics(sidecar);
  const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  expect(grown('pannier_call_seconds_count{stage="repository",method="Scan"}')).toBe(1);
  expect(grown(`pannier_calls_total{method="Scan",${labels},code="OK"}`)).toBe(1);
  expect(grown('pannier_calls_total{method="",entity="",store="",code="UNIMPLEMENTED"}')).toBe(1);
}); // prettier-ignore

test("a slow call is told with its request id and its caller's trace", async () => {
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const outcome = await sidecar.call(get, { key: { id: "counted" } }, { metadata: { "x-request-id": "mine-1", traceparent } }); // prettier-ignore
  expect(outcome.ok && outcome.headers?.get("x-request-id")).toEqual(["mine-1"]);
  await told(sidecar, "slow call");
  expect(entries(sidecar).find(({ requestId }) => requestId === "mine-1")).toMatchObject({
    msg: "slow call",
    level: "warn",
    method: `/${get}`,
    entity: "shop.v1.Product",
    store: "default",
    code: 0,
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  });
});

test("only GET and HEAD are answered, and only what is there", async () => {
  const url = operationsUrl(sidecar);
  const post = await fetch(`${url}/livez`, { method: "POST", body: "x" });
  expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  expect((await fetch(`${url}/nothing`)).status).toBe(404);
  const head = await fetch(`${url}/metrics`, { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test.each([
  ["headers that are too long", `GET /livez HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(10_000)}\r\n\r\n`, /^HTTP\/1.1 431/],
  ["what is no HTTP", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /^HTTP\/1.1 400/],
  ["half a request", "GET /livez HTTP/1.1\r\nhost:", /^HTTP\/1.1 408/],
])("%s end the connection", async (_, bytes, answer) => {
  const { hostname, port } = new URL(operationsUrl(sidecar));
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.on("data", (data) => (text += String(data))).write(bytes);
  await once(socket, "close");
  expect(text).toMatch(answer);
  expect((await page(sidecar, "/livez")).status).toBe(200);
});
