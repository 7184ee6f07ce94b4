// Other languages in every place that takes text: row 51. They are stored, found and answered as what they are: text.
import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect } from "vitest";
import type { Outcome, Sidecar } from "../integration/sidecar.ts";
import { text } from "./bytes.ts";
import { factsOf } from "./fact.ts";
import { send, serve, STORES, unharmed } from "./sidecars.ts";

const everything = "test.v1.EverythingRepository";
const accounts = "test.v1.AccountRepository";

const HOSTILE = [
  "' OR 1=1--",
  '"; DROP TABLE everythings; --',
  "'; DELETE FROM everythings; --",
  "$ne",
  '{"$where":"sleep(1000)"}',
  '{"$gt":""}',
  "${jndi:ldap://127.0.0.1/a}",
  "{{7*7}}",
  "' UNION SELECT * FROM sqlite_schema--",
  "attribute_exists(id) OR 'a'='a'",
  "%",
  "_",
  "\\",
  "\\'; --",
  "?1",
  ":id",
  "@p",
  "../../etc/passwd",
  "*)(uid=*))(|(uid=*",
  "\r\nSET a b\r\n",
  "'",
  '"',
  "`",
  "--",
  "/*",
];

type Sending = readonly (() => Promise<Outcome>)[];

async function each(sending: Sending): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const one of sending) outcomes.push(await one());
  return outcomes;
}

const list = async (sidecar: Sidecar, where: JsonObject): Promise<Outcome> =>
  sidecar.call(`${everything}/List`, { where, readMask: "id", pageSize: 5, allowScan: true });

describe.each(Object.keys(STORES))("on %s", (store) => {
  const place = serve(store);
  const fact = factsOf(place);

  fact(51, "as keys and values", (sidecar) =>
    each(
      HOSTILE.flatMap((hostile, i) => [
        () =>
          sidecar.call(`${everything}/Create`, {
            entity: { id: hostile, stringValue: hostile, group: `${i}`, slug: hostile, detail: { name: hostile } },
          }),
        async () => {
          const got = await sidecar.call(`${everything}/Get`, { key: { id: hostile } });
          expect(got).toMatchObject({
            json: {
              entity: { id: hostile, stringValue: hostile, group: `${i}`, slug: hostile, detail: { name: hostile } },
            },
          });
          return got;
        },
        () =>
          sidecar.call(`${everything}/Update`, {
            entity: { id: hostile, select: hostile },
            condition: { stringValue: { eq: hostile } },
          }),
      ]),
    ),
  );

  fact(51, "as operands of every operator", (sidecar) =>
    each(
      HOSTILE.flatMap((hostile) => {
        const only = { id: { eq: hostile } };
        const found: readonly JsonObject[] = [
          { stringValue: { eq: hostile } }, { stringValue: { oneOf: [hostile] } }, { ...only, stringValue: { startsWith: hostile } },
          { ...only, stringValue: { contains: hostile } }, { ...only, stringValue: { gte: hostile, lte: hostile } },
          { ...only, none: [{ stringValue: { ne: hostile } }] }, { slug: { eq: hostile } }, only,
        ]; // prettier-ignore
        const none: readonly JsonObject[] = [
          { ...only, stringValue: { ne: hostile } }, { ...only, stringValue: { lt: hostile } }, { ...only, stringValue: { gt: hostile } },
          { ...only, stringValue: { eq: `${hostile} ` } },
        ]; // prettier-ignore
        return [
          ...found.map((where) => async () => {
            const outcome = await list(sidecar, where);
            expect(outcome).toMatchObject({ json: { entities: [{ id: hostile }] } });
            return outcome;
          }),
          ...none.map((where) => async () => {
            const outcome = await list(sidecar, where);
            expect(outcome).toMatchObject({ ok: true, json: {} });
            expect(outcome.ok ? outcome.json : undefined).not.toHaveProperty("entities");
            return outcome;
          }),
        ];
      }),
    ),
  );

  fact(51, "as map keys and elements", async (sidecar) => {
    const labels = Object.fromEntries(HOSTILE.map((hostile) => [hostile, hostile]));
    const entity = { id: "collections", labels, strings: HOSTILE, stringSet: HOSTILE };
    const created = await sidecar.call(`${everything}/Create`, { entity });
    expect(await sidecar.call(`${everything}/Get`, { key: { id: "collections" } })).toMatchObject({ json: { entity } });
    const wheres = HOSTILE.flatMap((has) => [
      { labels: { has } },
      { strings: { hasAny: [has] } },
      { stringSet: { hasAll: [has, "$ne"] } },
    ]);
    const found = await each(wheres.map((where) => () => list(sidecar, where)));
    for (const outcome of found) expect(outcome).toMatchObject({ json: { entities: [{ id: "collections" }] } });
    const changed = await each(
      HOSTILE.flatMap((hostile) => [
        () =>
          sidecar.call(`${accounts}/Update`, {
            entity: { id: "a" },
            append: { notes: [hostile], roles: [hostile], limits: { [hostile]: "1" } },
            allowMissing: true,
          }),
        () =>
          sidecar.call(`${accounts}/Update`, {
            entity: { id: "a" },
            remove: { notes: [hostile], roles: [hostile], limits: { [hostile]: "0" } },
          }),
      ]),
    );
    const left = await sidecar.call(`${accounts}/Get`, { key: { id: "a" } });
    for (const name of ["notes", "roles", "limits"]) expect(left).not.toHaveProperty(["json", "entity", name]);
    return [created, ...found, ...changed];
  });

  fact(51, "as names in a document", async (sidecar) => {
    const document = {
      ...Object.fromEntries(HOSTILE.map((hostile) => [hostile, { [hostile]: [hostile] }])),
      $set: { a: 1 },
      "a.b": null,
    };
    const created = await sidecar.call(`${everything}/Create`, { entity: { id: "document", document } });
    expect(await sidecar.call(`${everything}/Get`, { key: { id: "document" } })).toMatchObject({
      json: { entity: { document } },
    });
    return created;
  });

  if (store !== "weak")
    fact(51, "as a request_id", (sidecar) =>
      each(
        HOSTILE.filter((hostile) => !hostile.includes("\n")).flatMap((requestId, i) =>
          [1, 2].map(() => async () => {
            const outcome = await sidecar.call(`${accounts}/Create`, { entity: { id: `request ${i}` }, requestId });
            expect(outcome).toMatchObject({ json: { entity: { id: `request ${i}`, version: "1" } } });
            return outcome;
          }),
        ),
      ),
    );

  fact(51, "as order_by", (sidecar) =>
    each(
      HOSTILE.map(
        (orderBy) => () => sidecar.call(`${everything}/List`, { orderBy: `id, ${orderBy}`, allowScan: true }),
      ),
    ),
  );
  fact(51, "as paths of a mask", (sidecar) =>
    each(
      HOSTILE.filter((hostile) => hostile !== "*").map(
        (hostile) => () =>
          send(sidecar, `${everything}/Get`, Buffer.concat([text(1, text(1, "document")), text(2, text(1, hostile))])),
      ),
    ),
  );
  fact(51, "as page tokens", (sidecar) =>
    each(HOSTILE.map((pageToken) => () => sidecar.call(`${everything}/List`, { pageToken }))),
  );
  fact(51, "as the name of an entity", (sidecar) =>
    each(HOSTILE.map((entity) => () => sidecar.call("pannier.v1.AdminService/DescribeEntity", { entity }))),
  );

  unharmed(place);
});
