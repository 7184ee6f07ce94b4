// Bytes that are no protobuf, and values at the edges of their types: rows 34 to 43, and 67.
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { describe, expect } from "vitest";
import type { Outcome, Sidecar } from "../integration/sidecar.ts";
import { double, nested, number, tag, text, times, varint } from "./bytes.ts";
import { CANARY, factsOf } from "./fact.ts";
import { send, serve, STORES, unharmed } from "./sidecars.ts";

const everything = "test.v1.EverythingRepository";
const accounts = "test.v1.AccountRepository";
const create = `${everything}/Create`;

// Numbers of fields that are written by hand.
const ENTITY = 1;
const ID = 1;
const STRING_VALUE = 2;
const COLOR = 17;
const DETAIL = 50;
const INNER = 7;
const DOCUMENT = 53;

/** A Create of an Everything made of these fields. */
const creating = (...fields: readonly Uint8Array[]): Buffer => text(ENTITY, text(ID, "raw"), ...fields);

async function all(sidecar: Sidecar, method: string, requests: readonly JsonObject[]): Promise<readonly Outcome[]> {
  return Promise.all(requests.map((request) => sidecar.call(method, request)));
}

/** Stores the entity, and answers what is read back. */
async function kept(sidecar: Sidecar, entity: JsonObject): Promise<{ outcome: Outcome; entity: JsonObject }> {
  expect(await sidecar.call(create, { entity })).toMatchObject({ ok: true });
  const outcome = await sidecar.call(`${everything}/Get`, { key: { id: entity["id"] ?? "" } });
  return { outcome, entity: objectAt(outcome.ok ? outcome.json : {}, "entity") };
}

function objectAt(json: JsonValue, name: string): JsonObject {
  const found = typeof json === "object" && json !== null && !Array.isArray(json) ? json[name] : undefined;
  return typeof found === "object" && found !== null && !Array.isArray(found) ? found : {};
}

describe.each(Object.keys(STORES))("on %s", (store) => {
  const place = serve(store);
  const fact = factsOf(place);

  describe("nesting and bytes that are no protobuf", () => {
    fact(34, "nested 98 deep", async (sidecar) => {
      const created = await send(sidecar, create, text(ENTITY, text(ID, "deep"), text(DETAIL, nested(INNER, 96))));
      // A standard client reads no more than 100 levels; an answer that goes deeper would throw here.
      const read = await sidecar.call(`${everything}/BatchGet`, { keys: [{ id: "deep" }] });
      return [created, read];
    });
    fact(34, "a document nested 97 deep", async (sidecar) => {
      const levels = 31; // of a list each; one of a document, its entry and the value around them
      let value: Buffer = text(3, "core");
      for (let level = 0; level < levels; level++) value = text(5, text(1, text(1, "a"), text(2, value)));
      const document = text(DOCUMENT, text(1, text(1, "a"), text(2, value)));
      const created = await send(sidecar, create, text(ENTITY, text(ID, "deep document"), document));
      return [created, await sidecar.call(`${everything}/BatchGet`, { keys: [{ id: "deep document" }] })];
    });
    fact(34, "nested 101 deep", (sidecar) => send(sidecar, create, creating(text(DETAIL, nested(INNER, 99)))));
    fact(34, "nested 20,000 deep", (sidecar) => send(sidecar, create, creating(text(DETAIL, nested(INNER, 20_000)))));
    fact(34, "a document nested 101 deep", (sidecar) => {
      let value: Buffer = text(3, CANARY);
      for (let level = 0; level < 60; level++) value = text(5, text(1, text(1, "a"), text(2, value)));
      return send(sidecar, create, creating(text(DOCUMENT, text(1, text(1, "a"), text(2, value)))));
    });
    const groups = Buffer.concat([times(100_000, tag(1_000, 3)), times(100_000, tag(1_000, 4))]);
    fact(34, "groups 100,000 deep", (sidecar) => send(sidecar, create, groups));
    fact(34, "groups 100,000 deep inside an entity", (sidecar) => send(sidecar, create, creating(groups)));

    fact(36, "text that is not UTF-8", (sidecar) =>
      Promise.all(
        [[0xff], [0xc0, 0x80], [0xe2, 0x82], [0xf5, 0x80, 0x80, 0x80]].map((bytes) =>
          send(sidecar, create, creating(text(STRING_VALUE, Buffer.from(bytes)))),
        ),
      ),
    );
    fact(36, "an overlong varint", (sidecar) =>
      send(sidecar, create, creating(tag(25, 0), Buffer.concat([Buffer.alloc(10, 0x80), Buffer.of(1)]))),
    );
    fact(36, "field number 0", (sidecar) =>
      Promise.all([send(sidecar, create, creating(Buffer.of(0, 0))), send(sidecar, create, Buffer.of(2, 0))]),
    );
    fact(36, "wire type 7", (sidecar) =>
      Promise.all([
        send(sidecar, create, creating(tag(2, 7))),
        send(sidecar, create, Buffer.concat([tag(1, 6), varint(1)])),
      ]),
    );
    fact(36, "an early end", (sidecar) => {
      const whole = creating(text(STRING_VALUE, CANARY), number(8, 1n << 60n), double(16, 1.5));
      return Promise.all(
        [1, 3, 5, 9, 15, whole.length - 1].map((length) => send(sidecar, create, whole.subarray(0, length))),
      );
    });
    fact(36, "a group that ends without having begun", (sidecar) => send(sidecar, create, creating(tag(2, 4))));
    fact(36, "noise", (sidecar) =>
      Promise.all(
        ["8fffff", "0aff", "ffffffffffffffffffff01", "0a03", "0a0aff"].map((hex) =>
          send(sidecar, create, Buffer.from(hex, "hex")),
        ),
      ),
    );
    fact(42, "half a surrogate pair", (sidecar) =>
      Promise.all([
        send(sidecar, create, creating(text(STRING_VALUE, Buffer.of(0xed, 0xa0, 0x80)))),
        send(sidecar, create, text(ENTITY, text(ID, Buffer.of(0xed, 0xb0, 0x80)))),
      ]),
    );
  });

  describe("names and numbers with a meaning elsewhere", () => {
    const names = [
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
      "__defineGetter__",
      "prototype",
      "valueOf",
    ];
    fact(37, "keys that JavaScript knows", async (sidecar) => {
      const labels = Object.fromEntries(names.map((name) => [name, `the ${name}`]));
      const counts = Object.fromEntries(names.map((name, i) => [name, `${i + 1}`]));
      const map = (field: number): Buffer[] => names.map((name) => text(field, text(1, name), text(2, `the ${name}`)));
      // JSON cannot be trusted with these keys on the way in.
      const count = names.map((name, i) => text(6, text(1, name), number(2, i + 1)));
      const request = text(ENTITY, text(ID, "proto"), ...map(110), text(DETAIL, ...count));
      const created = await send(sidecar, create, request);
      const { bytes } = okay(await sidecar.call(`${everything}/Get`, { key: { id: "proto" } }));
      for (const entry of [...map(110), ...count]) expect(bytes.includes(entry)).toBe(true);
      for (const name of names) {
        const where = { labels: { has: name } };
        expect(await sidecar.call(`${everything}/Count`, { where, allowScan: true })).toMatchObject({
          json: { count: "1" },
        });
      }
      expect(Object.keys(labels)).toHaveLength(Object.keys(counts).length);
      expect(await sidecar.call(`${everything}/Get`, { key: { id: "toString" } })).toMatchObject({ code: 5 });
      return created;
    });
    fact(37, "names that JavaScript knows, in a document", async (sidecar) => {
      const entries = names.map((name) => text(1, text(1, name), text(2, text(3, `the ${name}`))));
      const created = await send(sidecar, create, text(ENTITY, text(ID, "struct"), text(DOCUMENT, ...entries)));
      const { bytes } = okay(await sidecar.call(`${everything}/Get`, { key: { id: "struct" } }));
      for (const entry of entries) expect(bytes.includes(entry)).toBe(true);
      return created;
    });

    fact(38, "an undeclared enum value", (sidecar) => send(sidecar, create, creating(number(COLOR, 99))));
    fact(38, "an undeclared enum value in a list", (sidecar) =>
      send(sidecar, create, creating(text(89, varint(1), varint(99)))),
    );
    fact(38, "an undeclared enum value in a filter", (sidecar) =>
      send(sidecar, `${everything}/List`, text(1, text(27, number(1, 99)))),
    );
    fact(38, "an undeclared enum value in a request", (sidecar) =>
      Promise.all([
        send(sidecar, `${everything}/List`, number(8, 99)),
        send(sidecar, `${everything}/List`, number(10, 99)),
        send(sidecar, `${everything}/Scan`, number(9, 99)),
      ]),
    );
    fact(38, "a oneof with two members", async (sidecar) => {
      const request = text(ENTITY, text(ID, "oneof"), text(120, "first"), number(121, 7));
      const created = await send(sidecar, create, request);
      const { json } = okay(await sidecar.call(`${everything}/Get`, { key: { id: "oneof" } }));
      expect(objectAt(json, "entity")).toMatchObject({ int64Choice: "7" });
      expect(objectAt(json, "entity")).not.toHaveProperty("stringChoice");
      return created;
    });
    fact(38, "a scalar twice", async (sidecar) => {
      const request = text(
        ENTITY,
        text(ID, "first"),
        text(STRING_VALUE, "a"),
        text(ID, "twice"),
        text(STRING_VALUE, "b"),
      );
      const created = await send(sidecar, create, request);
      expect(await sidecar.call(`${everything}/Get`, { key: { id: "twice" } })).toMatchObject({
        json: { entity: { stringValue: "b" } },
      });
      return created;
    });

    const execute = "pannier.v1.TransactionService/Execute";
    fact(39, "an operation of an unknown type", (sidecar) =>
      Promise.all(
        [
          "type.googleapis.com/no.such.Message",
          "",
          "type.googleapis.com/test.v1.Account",
          `x/${"y".repeat(9_000)}`,
        ].map((type) => send(sidecar, execute, text(1, text(1, type), text(2, CANARY)))),
      ),
    );
    fact(39, "an operation that is an Execute", (sidecar) => {
      const type = text(1, "type.googleapis.com/pannier.v1.TransactionServiceExecuteRequest");
      let inner: Buffer = text(1, type);
      for (let level = 0; level < 200; level++) inner = text(1, type, text(2, inner));
      return send(sidecar, execute, inner);
    });
  });

  describe("numbers", () => {
    const wild = ["NaN", "Infinity", "-Infinity"];
    fact(40, "NaN and infinities in every kind of field", (sidecar) => {
      const fields = wild.flatMap((value): JsonObject[] => [
        { floatValue: value }, { doubleValue: value }, { doublePlain: value }, { floatPlain: value },
        { floats: [1, value] }, { doubles: [value] }, { floatWrapper: value }, { doubleWrapper: value },
        { byUint32: { 1: value } }, { detail: { ratio: value } }, { details: [{ ratio: value }] },
      ]); // prettier-ignore
      const inDocuments = [NaN, Infinity].map((value) =>
        text(DOCUMENT, text(1, text(1, "a"), text(2, double(2, value)))),
      );
      return Promise.all([
        ...fields.map((field) => sidecar.call(create, { entity: { id: "wild", ...field } })),
        ...inDocuments.map((document) => send(sidecar, create, creating(document))),
      ]);
    });
    fact(40, "NaN and infinities in a filter", (sidecar) =>
      all(
        sidecar,
        `${everything}/List`,
        wild.flatMap((value) => [
          { where: { doubleValue: { eq: value } } },
          { where: { doubleValue: { oneOf: [1, value] } } },
          { where: { floatValue: { lt: value } }, allowScan: true },
        ]),
      ),
    );
    fact(40, "NaN and infinities as increments", {
      given: (sidecar) => sidecar.call(`${accounts}/Create`, { entity: { id: "wild", doubleSum: 1 } }),
      when: (sidecar) =>
        all(sidecar, `${accounts}/Update`, wild.flatMap((value) => [
          { entity: { id: "wild" }, increment: { doubleSum: value } },
          { entity: { id: "wild" }, increment: { floatSum: value } },
        ])), // prettier-ignore
    });
    fact(40, "minus zero", async (sidecar) => {
      const minus = {
        doubleValue: -0,
        floatValue: -0,
        doubles: [-0],
        byUint32: { 1: -0 },
        doubleWrapper: -0,
        moneyDecimal: "-0.00",
      };
      const { outcome, entity } = await kept(sidecar, { id: "minus zero", ...minus });
      const { doubleValue, floatValue, doubles, byUint32, doubleWrapper, moneyDecimal } = entity;
      expect([doubleValue, floatValue, doubles, byUint32, doubleWrapper, moneyDecimal]).toEqual([
        0,
        0,
        [0],
        { 1: 0 },
        0,
        "0.00",
      ]);
      return [outcome, await sidecar.call(`${everything}/List`, { where: { doubleValue: { eq: -0 } } })];
    });
    fact(40, "subnormal numbers", async (sidecar) => {
      const small = {
        doubleValue: 5e-324,
        doublePlain: -2.2250738585072009e-308,
        floatValue: 1.401298464324817e-45,
        doubles: [4.9e-322],
      };
      const { outcome, entity } = await kept(sidecar, { id: "subnormal", ...small });
      expect(entity).toMatchObject({ ...small, floatValue: expect.closeTo(small.floatValue, 60) });
      const found = await sidecar.call(`${everything}/List`, {
        where: { doubleValue: { eq: 5e-324 } },
        readMask: "id",
      });
      expect(found).toMatchObject({ json: { entities: [{ id: "subnormal" }] } });
      return outcome;
    });

    const odd = "9007199254740993";
    const ends = {
      int64Value: odd, sint64Value: `-${odd}`, sfixed64Value: "-9223372036854775808", uint64Value: "18446744073709551615",
      fixed64Value: "9223372036854775809", int64Plain: "9223372036854775807", uint64Plain: odd, int64Wrapper: `-${odd}`,
      uint64Wrapper: "18446744073709551615", int32Value: -2147483648, uint32Value: 4294967295,
      int64s: [odd, "-9223372036854775808"], uint64s: ["18446744073709551615"], int64Set: [odd],
      byInt64: { [odd]: { amount: `-${odd}` } }, byBool: { true: odd }, hugeDecimal: "9".repeat(78),
      rateDecimal: `-${"9".repeat(20)}.${"9".repeat(10)}`,
    }; // prettier-ignore
    fact(41, "integers beyond 2^53", async (sidecar) => {
      const { outcome, entity } = await kept(sidecar, { id: "ends", ...ends });
      expect(entity).toMatchObject(ends);
      return outcome;
    });
    fact(41, "a filter beyond 2^53", async (sidecar) => {
      await sidecar.call(create, {
        entity: { id: "near", int64Value: "9007199254740992", uint64Value: "18446744073709551614" },
      });
      const wheres = [
        { int64Value: { eq: odd } },
        { int64Value: { gt: "9007199254740992" } },
        { uint64Value: { oneOf: ["18446744073709551615"] } },
        { uint64Value: { gt: "18446744073709551614" } },
        { hugeDecimal: { eq: "9".repeat(78) } },
        { int64s: { has: odd } },
      ];
      const found = await all(
        sidecar,
        `${everything}/List`,
        wheres.map((where) => ({ where, readMask: "id", allowScan: true })),
      );
      for (const outcome of found) expect(outcome).toMatchObject({ json: { entities: [{ id: "ends" }] } });
      return found;
    });
    fact(41, "an increment beyond 2^53", async (sidecar) => {
      await sidecar.call(`${accounts}/Create`, {
        entity: {
          id: "big",
          int64Count: "9007199254740992",
          uint64Count: "18446744073709551614",
          points: "9".repeat(77),
        },
      });
      const increment = { int64Count: "1", uint64Count: "1", points: "1", sint64Count: `-${odd}` };
      const outcome = await sidecar.call(`${accounts}/Update`, { entity: { id: "big" }, increment });
      expect(outcome).toMatchObject({
        json: {
          entity: {
            int64Count: odd,
            uint64Count: "18446744073709551615",
            points: `1${"0".repeat(77)}`,
            sint64Count: `-${odd}`,
          },
        },
      });
      return outcome;
    });
  });

  describe("text, times and decimals", () => {
    fact(42, "NUL in a key", (sidecar) => sidecar.call(create, { entity: { id: `${CANARY}\0` } }));
    fact(42, "NUL in a value", (sidecar) =>
      sidecar.call(create, { entity: { id: "nul", stringValue: `${CANARY}\0` } }),
    );
    fact(42, "NUL in a map key", (sidecar) =>
      sidecar.call(create, { entity: { id: "nul", labels: { [`${CANARY}\0`]: "" } } }),
    );
    fact(42, "NUL in a document", (sidecar) =>
      all(
        sidecar,
        create,
        [{ "a\0": 1 }, { a: `${CANARY}\0` }, { a: [{ "b\0": null }] }].map((document) => ({
          entity: { id: "nul", document },
        })),
      ),
    );
    fact(42, "NUL in a filter", (sidecar) =>
      sidecar.call(`${everything}/List`, { where: { stringValue: { contains: "\0" } }, allowScan: true }),
    );
    fact(42, "NUL in a request_id", (sidecar) => sidecar.call(create, { entity: { id: "nul" }, requestId: "a\0b" }));
    const lookalikes = [
      "\u00e9",
      "e\u0301",
      "\uFEFFa",
      "a",
      "a ",
      "A",
      "😀",
      "\uFFFD",
      "\u{10FFFF}",
      "\ufb01",
      "fi",
      "\u200Ba",
    ];
    fact(42, "a byte order mark, composed and decomposed letters in keys", async (sidecar) => {
      const made = await all(
        sidecar,
        create,
        lookalikes.map((id) => ({ entity: { id: `look ${id}`, stringPlain: id } })),
      );
      const got = await all(
        sidecar,
        `${everything}/Get`,
        lookalikes.map((id) => ({ key: { id: `look ${id}` } })),
      );
      for (const [i, outcome] of got.entries())
        expect(outcome).toMatchObject({
          json: { entity: { id: `look ${lookalikes[i]}`, stringPlain: lookalikes[i] } },
        });
      return [...made, ...got];
    });
    fact(42, "a byte order mark, composed and decomposed letters in values", async (sidecar) => {
      const fields = {
        strings: lookalikes,
        labels: Object.fromEntries(lookalikes.map((key) => [key, key])),
        stringWrapper: "\uFEFFe\u0301",
      };
      const { outcome, entity } = await kept(sidecar, { id: "lookalikes", ...fields });
      expect(entity).toMatchObject(fields);
      const found = await sidecar.call(`${everything}/Count`, {
        where: { stringPlain: { eq: "e\u0301" } },
        allowScan: true,
      });
      expect(found).toMatchObject({ json: { count: "1" } });
      return [outcome, found];
    });

    const moments = [
      Buffer.concat([number(1, -62_135_596_801n)]), number(1, 253_402_300_800n), number(2, 1_000_000_000), number(2, -1),
      number(1, 2n ** 63n - 1n), number(1, -(2n ** 63n)),
    ]; // prettier-ignore
    fact(43, "timestamps outside their years", (sidecar) =>
      Promise.all(
        [51, 91, 124, 153].flatMap((field) =>
          moments.map((moment) => send(sidecar, create, creating(text(field, moment)))),
        ),
      ),
    );
    fact(43, "timestamps outside their years in a filter", (sidecar) =>
      Promise.all(moments.map((moment) => send(sidecar, `${everything}/List`, text(1, text(61, text(1, moment)))))),
    );
    fact(43, "durations outside their range", (sidecar) =>
      Promise.all(
        [
          number(1, 315_576_000_001n),
          number(2, 1_000_000_000),
          Buffer.concat([number(1, 1), number(2, -1)]),
          number(1, -(2n ** 63n)),
        ].map((duration) => send(sidecar, create, creating(text(52, duration)))),
      ),
    );
    const oddDecimals = [
      "1e5",
      "1E400",
      "+1",
      ".5",
      "5.",
      "1,0",
      "0x10",
      " 1",
      "1 ",
      "--1",
      "NaN",
      "Infinity",
      "١",
      "1_0",
    ];
    fact(43, "decimals with an exponent", (sidecar) =>
      all(
        sidecar,
        create,
        oddDecimals.map((moneyDecimal) => ({ entity: { id: "d", moneyDecimal } })),
      ),
    );
    fact(43, "decimals that are no decimals, in a filter", (sidecar) =>
      all(
        sidecar,
        `${everything}/List`,
        [...oddDecimals, ""].map((eq) => ({ where: { moneyDecimal: { eq } }, allowScan: true })),
      ),
    );
    fact(43, "decimals of 400 digits", (sidecar) =>
      all(
        sidecar,
        create,
        ["1".repeat(400), `-${"9".repeat(79)}`, "1".repeat(100_000)].map((hugeDecimal) => ({
          entity: { id: "d", hugeDecimal },
        })),
      ),
    );
    fact(43, "the first and the last moment", async (sidecar) => {
      const fields = {
        moments: ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"],
        happenedAt: "0001-01-01T00:00:00Z",
        spans: ["-315576000000s", "315576000000s"],
      };
      const { outcome, entity } = await kept(sidecar, { id: "moments", ...fields });
      expect(entity).toMatchObject(fields);
      return outcome;
    });
  });

  unharmed(place);
});

describe("messages that a generous limit lets in", () => {
  const yaml = "stores: {default: {url: 'sqlite:cases.db'}}\nlimits: {message_bytes: 8388608}\n";
  const place = serve("sqlite", { yaml });
  const fact = factsOf(place);

  fact(35, "2,000,000 empty items", (sidecar) =>
    Promise.all([
      send(sidecar, create, creating(times(2_000_000, text(90)))),
      send(sidecar, `${everything}/BatchGet`, times(2_000_000, text(1))),
      send(sidecar, `${everything}/BatchWrite`, times(2_000_000, text(1))),
      send(sidecar, "pannier.v1.TransactionService/Execute", times(2_000_000, text(1))),
    ]),
  );
  fact(35, "1,000,000 unknown fields", (sidecar) =>
    Promise.all([
      send(sidecar, create, times(1_000_000, number(1_000, 1))),
      send(sidecar, create, creating(times(1_000_000, number(1_000, 1)))),
    ]),
  );
  fact(35, "1,000,000 unknown fields in the request of a shared service", (sidecar) =>
    send(sidecar, "pannier.v1.AdminService/DescribeEntity", times(1_000_000, number(1_000, 1))),
  );
  fact(35, "100,000 empty operands", (sidecar) =>
    send(sidecar, `${everything}/List`, text(1, text(12, times(100_000, text(7))))),
  );
  fact(67, "an entity of two megabytes", (sidecar) =>
    sidecar.call(create, { entity: { id: "large", stringChoice: "x".repeat(2_000_000) } }),
  );
  unharmed(place);
});

function okay(outcome: Outcome): Extract<Outcome, { ok: true }> {
  if (outcome.ok) return outcome;
  throw new Error(`refused with ${outcome.code} ${outcome.reason}: ${outcome.message}`);
}
