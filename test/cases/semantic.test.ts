// Requests that can be read and must not be done, on every store: rows 46 to 65 and 86 to 88.
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { describe, expect } from "vitest";
import type { Outcome, Sidecar } from "../integration/sidecar.ts";
import { nested, number, text, times, varint } from "./bytes.ts";
import { CANARY, factsOf } from "./fact.ts";
import { send, serve, STORES, unharmed } from "./sidecars.ts";
import { measured } from "./wire/wire-fact.ts";

const everything = "test.v1.EverythingRepository";
const accounts = "test.v1.AccountRepository";
const guarded = "test.v1.GuardedRepository";
const tickets = "test.v1.TicketRepository";
const execute = "pannier.v1.TransactionService/Execute";

type Requests = readonly JsonObject[];

const all = (sidecar: Sidecar, method: string, requests: Requests): Promise<readonly Outcome[]> =>
  Promise.all(requests.map((request) => sidecar.call(method, request)));

/** One after the other. */
async function each(sidecar: Sidecar, method: string, requests: Requests): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const request of requests) outcomes.push(await sidecar.call(method, request));
  return outcomes;
}

const creating =
  (service: string, ...entities: Requests) =>
  (sidecar: Sidecar): Promise<readonly Outcome[]> =>
    each(
      sidecar,
      `${service}/Create`,
      entities.map((entity) => ({ entity })),
    );

const packed = (request: string, message: JsonObject): JsonObject => ({
  "@type": `type.googleapis.com/test.v1.${request}`,
  ...message,
});

function ids(outcome: Outcome): readonly JsonValue[] {
  const entities = outcome.ok ? memberOf(outcome.json, "entities") : undefined;
  return Array.isArray(entities) ? entities.map((entity) => memberOf(entity, "id") ?? "") : [];
}

function memberOf(json: JsonValue, name: string): JsonValue | undefined {
  return typeof json === "object" && json !== null && !Array.isArray(json) ? json[name] : undefined;
}

describe.each(Object.keys(STORES))("on %s", (store) => {
  const place = serve(store);
  const fact = factsOf(place);
  const isWeak = store === "weak";

  describe("names", () => {
    fact(46, "an unknown entity", (sidecar) =>
      all(sidecar, "pannier.v1.AdminService/DescribeEntity", [
        { entity: "test.v1.None" },
        { entity: "" },
        { entity: "__proto__" },
      ]),
    );
    fact(46, "entities of an unknown store", (sidecar) =>
      sidecar.call("pannier.v1.AdminService/ListEntities", { store: "none" }),
    );
    fact(46, "an unknown service", (sidecar) => send(sidecar, "test.v1.NoneRepository/Get", text(1, CANARY)));
    fact(46, "an unknown method", (sidecar) =>
      Promise.all(
        ["Watch", "UpdateWhere", "get", "__proto__"].map((method) =>
          send(sidecar, `${everything}/${method}`, text(1, CANARY)),
        ),
      ),
    );
    const strange = [
      "nothing",
      "a.b",
      "$set",
      '"id"',
      "`id`",
      "id;",
      "ID",
      "detail.name",
      "x".repeat(1_000),
      "constructor",
      "id asc nulls",
    ];
    fact(46, "an unknown field in order_by", (sidecar) =>
      sidecar.call(`${everything}/List`, { orderBy: "nothing desc", allowScan: true }),
    );
    fact(46, "an unknown field in update_mask", {
      given: creating(accounts, { id: "names" }),
      when: (sidecar) =>
        sidecar.call(`${accounts}/Update`, { entity: { id: "names", name: CANARY }, updateMask: "nothing" }),
    });
    fact(46, "an unknown field in read_mask", (sidecar) =>
      sidecar.call(`${accounts}/Get`, { key: { id: "names" }, readMask: "nothing" }),
    );
    fact(53, "strange names in order_by", (sidecar) =>
      all(
        sidecar,
        `${everything}/List`,
        strange.map((orderBy) => ({ orderBy, allowScan: true })),
      ),
    );
    fact(53, "strange names in update_mask", (sidecar) =>
      Promise.all(
        strange.map((path) =>
          send(
            sidecar,
            `${accounts}/Update`,
            Buffer.concat([text(1, text(1, "names"), text(3, CANARY)), text(2, text(1, path))]),
          ),
        ),
      ),
    );
    fact(53, "SQL's own words that are fields", async (sidecar) => {
      await creating(everything, { id: "words", group: "g", select: "s" })(sidecar);
      const where = { group: { eq: "g" }, select: { startsWith: "s" } };
      const found = await sidecar.call(`${everything}/List`, { where, orderBy: "group, select desc", allowScan: true });
      expect(ids(found)).toEqual(["words"]);
      const updated = await sidecar.call(`${everything}/Update`, {
        entity: { id: "words", select: "t" },
        updateMask: "select,group",
      });
      expect(updated).toMatchObject({ json: { entity: { select: "t" } } });
      return [found, updated];
    });
  });

  describe("what must be there", () => {
    fact(47, "a required field left out", (sidecar) =>
      all(sidecar, `${guarded}/Create`, [{ entity: { id: "g", owner: "o" } }, { entity: { id: "g" } }]),
    );
    fact(47, "a required field cleared", {
      given: creating(guarded, { id: "cleared", title: "t", owner: "o" }),
      when: (sidecar) => sidecar.call(`${guarded}/Update`, { entity: { id: "cleared" }, updateMask: "title" }),
    });
    fact(47, "no entity", (sidecar) =>
      Promise.all(["Create", "Update", "Put"].map((method) => sidecar.call(`${accounts}/${method}`, {}))),
    );
    fact(47, "no key", (sidecar) =>
      Promise.all(["Get", "Delete", "Undelete"].map((method) => sidecar.call(`${accounts}/${method}`, {}))),
    );
    fact(47, "an empty key", (sidecar) =>
      Promise.all(
        ["Get", "Delete", "Undelete", "Exists"].map((method) =>
          sidecar.call(`${accounts}/${method}`, { key: { id: "" } }),
        ),
      ),
    );
    fact(47, "an empty key in an entity", (sidecar) =>
      Promise.all(
        ["Create", "Update", "Put"].map((method) =>
          sidecar.call(`${accounts}/${method}`, { entity: { id: "", name: CANARY } }),
        ),
      ),
    );
    fact(47, "an empty part of a key", (sidecar) =>
      sidecar.call("test.v1.CompositeRepository/Get", { key: { shard: "1", name: CANARY } }),
    );
    fact(47, "an empty key among keys", async (sidecar) => {
      const outcome = await sidecar.call(`${accounts}/BatchGet`, { keys: [{ id: "a" }, {}] });
      const misses = [
        { status: { code: 5, reason: "ROW_NOT_FOUND" } },
        { status: { code: 3, reason: "KEY_INCOMPLETE" } },
      ];
      expect(outcome).toMatchObject({ json: { results: misses } });
      return outcome;
    });
    fact(57, "an immutable field changed", {
      given: creating(guarded, { id: "fixed", title: "t", owner: "o" }),
      when: (sidecar) => sidecar.call(`${guarded}/Update`, { entity: { id: "fixed", owner: CANARY } }),
    });
    fact(58, "text that is too long", (sidecar) =>
      all(
        sidecar,
        `${everything}/Create`,
        [CANARY, "😀".repeat(9)].map((code) => ({ entity: { id: "long", code } })),
      ),
    );
    fact(58, "bytes that are too long", (sidecar) =>
      sidecar.call(`${everything}/Create`, { entity: { id: "long", seal: "AAAAAAA=" } }),
    );
    fact(58, "a number that is too large for its field, after arithmetic", {
      given: creating(accounts, { id: "brim", int32Count: 2147483647 }),
      when: (sidecar) => sidecar.call(`${accounts}/Update`, { entity: { id: "brim" }, increment: { int32Count: 1 } }),
    });
  });

  describe("pages", () => {
    const listed = (sidecar: Sidecar, request: JsonObject): Promise<Outcome> =>
      sidecar.call("test.v1.PlainRepository/List", request);
    const tokenOf = async (sidecar: Sidecar): Promise<string> => {
      await each(
        sidecar,
        "test.v1.PlainRepository/Put",
        "abcdefgh".split("").map((id) => ({ entity: { id } })),
      );
      const page = await listed(sidecar, {});
      const token = page.ok ? memberOf(page.json, "nextPageToken") : undefined;
      return typeof token === "string" ? token : "";
    };
    fact(48, "a page size below 0", (sidecar) =>
      all(sidecar, "test.v1.PlainRepository/List", [{ pageSize: -1 }, { pageSize: -2147483648 }]),
    );
    fact(48, "a page size of 0", async (sidecar) => {
      await tokenOf(sidecar);
      const page = await listed(sidecar, { pageSize: 0 });
      expect(ids(page)).toHaveLength(3);
      return page;
    });
    fact(48, "a page size above the most", async (sidecar) => {
      await tokenOf(sidecar);
      const page = await listed(sidecar, { pageSize: 2147483647 });
      expect(ids(page)).toHaveLength(5);
      return page;
    });
    fact(48, "a forged page token", (sidecar) =>
      all(
        sidecar,
        "test.v1.PlainRepository/List",
        ["x", "!", "A".repeat(64), CANARY, "=".repeat(10_000), "é"].map((pageToken) => ({ pageToken })),
      ),
    );
    let token = "";
    const given = async (sidecar: Sidecar): Promise<void> => void (token = await tokenOf(sidecar));
    fact(48, "a page token with one bit changed", {
      given,
      when: (sidecar) => {
        const sealed = Buffer.from(token, "base64url");
        const changed = Array.from(sealed, (_, at) => {
          const copy = Buffer.from(sealed);
          copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
          return { pageToken: copy.toString("base64url") };
        });
        return all(sidecar, "test.v1.PlainRepository/List", [...changed, { pageToken: token.slice(0, -4) }]);
      },
    });
    fact(48, "a page token of another query", {
      given,
      when: (sidecar) =>
        all(sidecar, "test.v1.PlainRepository/List", [
          { pageToken: token, where: { id: { gt: "a" } }, allowScan: true },
          { pageToken: token, orderBy: "id desc", allowScan: true },
          { pageToken: token, showDeleted: true },
        ]),
    });
    fact(48, "a page token of another entity", {
      given,
      when: (sidecar) => sidecar.call(`${tickets}/List`, { pageToken: token }),
    });
    fact(48, "a page token as a resume token", {
      given,
      when: async (sidecar) => (await sidecar.stream("test.v1.PlainRepository/Scan", { resumeToken: token })).end ?? [],
    });
    fact(48, "a skip below 0", (sidecar) => listed(sidecar, { skip: -1 }));
  });

  describe("filters", () => {
    const list = `${everything}/List`;
    /** A filter of groups inside each other around a predicate on id. */
    const deep = (levels: number): Buffer => nested(1, levels, text(11, text(1, "x")));
    fact(49, "a filter 33 deep", (sidecar) =>
      Promise.all([1, 2, 3].map((group) => send(sidecar, list, text(1, nested(group, 33, text(11, text(1, "x"))))))),
    );
    fact(49, "a filter 10,000 deep", (sidecar) => send(sidecar, list, text(1, deep(10_000))));
    fact(49, "a filter of 10,000 alternatives", (sidecar) =>
      send(sidecar, list, text(1, times(10_000, text(2, text(11, text(1, "x")))))),
    );
    fact(49, "70,000 values of one_of", (sidecar) =>
      send(sidecar, list, text(1, text(18, text(7, times(70_000, varint(5)))))),
    );
    fact(49, "101 values of one_of", (sidecar) =>
      sidecar.call(list, { where: { id: { oneOf: Array.from({ length: 101 }, (_, i) => `v${i}`) } } }),
    );
    fact(49, "a condition too deep", {
      given: creating(accounts, { id: "deep" }),
      when: (sidecar) =>
        send(
          sidecar,
          `${accounts}/Update`,
          Buffer.concat([text(1, text(1, "deep"), text(3, CANARY)), text(3, deep(40))]),
        ),
    });
    fact(49, "a regular expression", async (sidecar) => {
      await creating(
        everything,
        { id: "regex", stringValue: "x(a+)+$y" },
        { id: "aaaa", stringValue: "a".repeat(50_000) },
      )(sidecar);
      const found = await sidecar.call(list, { where: { stringValue: { contains: "(a+)+$" } }, allowScan: true });
      expect(ids(found)).toEqual(["regex"]);
      return found;
    });
    fact(49, "patterns over a huge text", async (sidecar) => {
      await creating(everything, { id: "huge", stringPlain: "ab%_".repeat(60_000) })(sidecar);
      const wheres = ["%a%b%", "a_%", "%_ab%_", "[a-z]*"].map((contains) => ({ stringPlain: { contains } }));
      const requests = wheres.map((where) => ({ where, readMask: "id", allowScan: true }));
      const { result: found, memory } = await measured(sidecar, () => all(sidecar, list, requests));
      expect(found.map(ids)).toEqual([[], [], ["huge"], []]);
      expect(memory.cpu).toBeLessThan(2_000); // milliseconds
      return found;
    });
    fact(50, "an order without an index", (sidecar) =>
      all(sidecar, list, [{ orderBy: "origin" }, { orderBy: "created_at desc, code" }]),
    );
    fact(50, "a filter without an index", (sidecar) =>
      all(sidecar, list, [
        { where: { code: { eq: CANARY } } },
        { where: { none: [{ id: { eq: "x" } }] } },
        { where: { strings: { has: "x" } } },
      ]),
    );
    fact(50, "a count of everything", (sidecar) =>
      isWeak
        ? sidecar.call(`${everything}/Count`, { where: { code: { eq: "x" } } })
        : sidecar.call(`${everything}/Count`, {}),
    );
    fact(50, "an order without an index, with allow_scan", (sidecar) =>
      sidecar.call(list, { orderBy: "select", allowScan: true }),
    );

    fact(52, "a number where text is expected", (sidecar) =>
      send(sidecar, `${everything}/Create`, text(1, text(1, "t"), number(2, 1))),
    );
    fact(52, "a message where a number is expected", (sidecar) =>
      Promise.all([
        send(sidecar, `${everything}/Create`, text(1, text(1, "t"), text(8, text(1, "$ne")))),
        send(sidecar, list, text(3, text(1, "$gt"))),
      ]),
    );
    fact(52, "a message where an operand is expected", (sidecar) =>
      send(sidecar, list, text(1, text(18, text(1, text(1, "$ne"))))),
    );
    fact(52, "a number where a message is expected", (sidecar) =>
      Promise.all([
        send(sidecar, `${everything}/Create`, number(1, 1)),
        send(sidecar, `${everything}/Create`, text(1, text(1, "t"), number(50, 1))),
        send(sidecar, list, text(1, number(11, 1))),
        send(sidecar, list, number(1, 1)),
      ]),
    );

    fact(87, "an empty predicate", (sidecar) =>
      all(sidecar, list, [{ where: { id: {} } }, { where: { id: {} }, allowScan: true }]),
    );
    fact(87, "an empty one_of", (sidecar) => sidecar.call(list, { where: { id: { oneOf: [] } } }));
    fact(87, "an empty element of a group", (sidecar) =>
      sidecar.call(list, { where: { any: [{ id: { eq: "x" } }, {}] } }),
    );
    const writes = (condition: JsonObject, sidecar: Sidecar): Promise<readonly Outcome[]> =>
      Promise.all([
        sidecar.call(`${accounts}/Update`, { entity: { id: "empty", name: CANARY }, condition }),
        sidecar.call(`${accounts}/Put`, { entity: { id: "empty", name: CANARY }, condition }),
        sidecar.call(`${accounts}/Delete`, { key: { id: "empty" }, condition }),
      ]);
    fact(87, "an empty condition", {
      given: creating(accounts, { id: "empty" }),
      when: (sidecar) => writes({}, sidecar),
    });
    fact(87, "an empty predicate in a condition", (sidecar) => writes({ name: {} }, sidecar));
    fact(87, "an unknown field in a filter", (sidecar) =>
      Promise.all([
        send(sidecar, list, text(1, text(999, CANARY))),
        send(sidecar, list, text(1, text(2, text(4, "")))),
      ]),
    );
    fact(87, "an unknown field in a predicate", (sidecar) =>
      Promise.all([
        send(sidecar, list, text(1, text(11, text(11, "x")))),
        send(sidecar, list, text(1, text(11, text(1, "x"), text(99, CANARY)))),
      ]),
    );
    fact(87, "an unknown field in an entity", (sidecar) =>
      send(sidecar, `${everything}/Create`, text(1, text(1, "unknown"), text(999, CANARY))),
    );
    fact(87, "an unknown field in a request", (sidecar) =>
      Promise.all([
        send(sidecar, `${everything}/Create`, Buffer.concat([text(1, text(1, "unknown")), text(99, CANARY)])),
        send(sidecar, "pannier.v1.AdminService/ListStores", text(99, CANARY)),
        send(sidecar, execute, text(99, CANARY)),
      ]),
    );
    fact(87, "an unknown field in a nested message", (sidecar) =>
      send(sidecar, `${everything}/Create`, text(1, text(1, "unknown"), text(50, text(99, CANARY)))),
    );
  });

  describe("writes", () => {
    fact(55, "a row created twice", {
      given: creating(accounts, { id: "twice" }),
      when: (sidecar) => sidecar.call(`${accounts}/Create`, { entity: { id: "twice", name: CANARY } }),
    });
    fact(55, "a unique value taken", {
      given: creating(accounts, { id: "owner", email: `${CANARY}@x` }),
      when: (sidecar) => sidecar.call(`${accounts}/Create`, { entity: { id: "thief", email: `${CANARY}@x` } }),
    });
    fact(56, "a stale version", {
      given: creating(accounts, { id: "stale", name: "first" }),
      when: (sidecar) =>
        all(
          sidecar,
          `${accounts}/Update`,
          ["0", "2", "-1"].map((expectedVersion) => ({ entity: { id: "stale", name: CANARY }, expectedVersion })),
        ),
    });
    fact(56, "a stale version on Put and Delete", async (sidecar) => [
      await sidecar.call(`${accounts}/Put`, { entity: { id: "stale", name: CANARY }, expectedVersion: "9" }),
      await sidecar.call(`${accounts}/Delete`, { key: { id: "stale" }, expectedVersion: "9" }),
    ]);
    fact(56, "a false condition", {
      given: creating(accounts, { id: "conditional", name: "first" }),
      when: (sidecar) => {
        const condition = { name: { eq: CANARY } };
        return Promise.all([
          sidecar.call(`${accounts}/Update`, { entity: { id: "conditional", name: CANARY }, condition }),
          sidecar.call(`${accounts}/Put`, { entity: { id: "conditional", name: CANARY }, condition }),
          sidecar.call(`${accounts}/Delete`, { key: { id: "conditional" }, condition }),
        ]);
      },
    });
    const two = creating(accounts, { id: "u1", email: "u1@x" }, { id: "u2", email: "u2@x" });
    fact(86, "a Put into another's unique value", {
      given: two,
      when: (sidecar) =>
        all(sidecar, `${accounts}/Put`, [
          { entity: { id: "u2", email: "u1@x" } },
          { entity: { id: "u3", email: "u1@x" } },
        ]),
    });
    fact(86, "an Update into another's unique value", {
      given: two,
      when: (sidecar) =>
        all(sidecar, `${accounts}/Update`, [
          { entity: { id: "u2", email: "u1@x" } },
          { entity: { id: "u4", email: "u1@x" }, allowMissing: true },
        ]),
    });
    fact(86, "an Undelete into another's unique value", {
      given: async (sidecar) => {
        await creating(accounts, { id: "left", email: "seat@x" })(sidecar);
        expect(await sidecar.call(`${accounts}/Delete`, { key: { id: "left" }, readMask: "id" })).toMatchObject({
          ok: true,
        });
        await creating(accounts, { id: "came", email: "seat@x" })(sidecar);
      },
      when: (sidecar) => sidecar.call(`${accounts}/Undelete`, { key: { id: "left" } }),
    });
    const brims: JsonObject = {
      int32Count: 2147483647, sint32Count: -2147483648, sfixed32Count: 2147483647, int64Count: "9223372036854775807",
      sint64Count: "-9223372036854775808", sfixed64Count: "9223372036854775807", uint32Count: 4294967295, fixed32Count: 0,
      uint64Count: "18446744073709551615", fixed64Count: "18446744073709551615", floatSum: 3.4028234663852886e38, doubleSum: 1.7e308,
      balance: "9999999999999999.99", points: "9".repeat(78), plainCount: "9223372036854775807",
    }; // prettier-ignore
    fact(88, "increments past every type's range", {
      given: creating(accounts, { id: "brims", ...brims }),
      when: (sidecar) => {
        const steps: Requests = [
          { int32Count: 1 }, { sint32Count: -1 }, { sfixed32Count: 2147483647 }, { int64Count: "1" }, { sint64Count: "-1" },
          { sfixed64Count: "9223372036854775807" }, { uint32Count: 1 }, { uint64Count: "1" }, { fixed64Count: "1" }, { floatSum: 3e38 },
          { doubleSum: 1.7e308 }, { balance: "0.01" }, { points: "1" }, { plainCount: "1" }, { int64Count: "-1", balance: "0.01" },
        ]; // prettier-ignore
        return all(
          sidecar,
          `${accounts}/Update`,
          steps.map((increment) => ({ entity: { id: "brims" }, increment })),
        );
      },
    });
    fact(88, "a decimal with too many digits", (sidecar) =>
      all(
        sidecar,
        `${accounts}/Create`,
        ["0.001", "12345678901234567", "-0.011"].map((balance) => ({ entity: { id: "digits", balance } })),
      ),
    );
    fact(88, "text over max_length, by Update", {
      given: creating(everything, { id: "short", code: "short" }),
      when: (sidecar) => sidecar.call(`${everything}/Update`, { entity: { id: "short", code: CANARY } }),
    });
    fact(88, "an increment of text", {
      given: creating(accounts, { id: "texts" }),
      when: (sidecar) =>
        all(
          sidecar,
          `${accounts}/Update`,
          [{ name: CANARY }, { notes: [CANARY] }].map((increment) => ({ entity: { id: "texts" }, increment })),
        ),
    });
    fact(65, "expiry in the past", async (sidecar) => {
      const created = await sidecar.call(`${tickets}/Create`, {
        entity: { id: "past", expiresAt: "2001-01-01T00:00:00Z" },
      });
      expect(await sidecar.call(`${tickets}/Get`, { key: { id: "past" } })).toMatchObject({
        code: 5,
        reason: "ROW_NOT_FOUND",
      });
      return created;
    });
    fact(65, "expiry in the year 9999", async (sidecar) => {
      const created = await sidecar.call(`${tickets}/Create`, {
        entity: { id: "late", expiresAt: "9999-12-31T23:59:59Z" },
      });
      return [created, await sidecar.call(`${tickets}/Get`, { key: { id: "late" } })];
    });
    fact(64, "a consistency no store here has", (sidecar) =>
      all(
        sidecar,
        `${accounts}/Get`,
        ["QUORUM", "ALL", "LOCAL_ONE", "SERIAL"].map((level) => ({
          key: { id: "twice" },
          consistency: `CONSISTENCY_${level}`,
        })),
      ),
    );
    fact(64, "a write consistency no store here has", (sidecar) =>
      Promise.all([
        sidecar.call(`${accounts}/Create`, { entity: { id: "quorum" }, consistency: "CONSISTENCY_QUORUM" }),
        sidecar.call(`${accounts}/BatchWrite`, {
          writes: [{ create: { entity: { id: "quorum" } } }],
          consistency: "CONSISTENCY_ANY",
        }),
      ]),
    );
    fact(64, "a consistency that does not exist", (sidecar) =>
      Promise.all([
        send(sidecar, `${accounts}/Get`, Buffer.concat([text(1, text(1, "twice")), number(3, 99)])),
        send(
          sidecar,
          execute,
          Buffer.concat([
            text(1, text(1, "x.y/test.v1.AccountRepositoryGetRequest"), text(2, text(1, text(1, "twice")))),
            number(2, 99),
          ]),
        ),
      ]),
    );
    // TiDB has nothing else.
    fact(64, "an isolation no store here has", (sidecar) =>
      sidecar.call(execute, {
        operations: [packed("AccountRepositoryCreateRequest", { entity: { id: "iso" } })],
        isolation: store === "tidb" ? "ISOLATION_SERIALIZABLE" : "ISOLATION_SNAPSHOT",
      }),
    );
  });

  describe("batches", () => {
    const create = (id: string): JsonObject => ({ create: { entity: { id } } });
    const many = Array.from({ length: 101 }, (_, i) => `many${i}`);
    fact(59, "a batch of nothing", (sidecar) => all(sidecar, `${accounts}/BatchWrite`, [{}, { atomic: true }]));
    fact(59, "a BatchGet of nothing", (sidecar) => sidecar.call(`${accounts}/BatchGet`, {}));
    fact(59, "an Execute of nothing", (sidecar) => sidecar.call(execute, {}));
    fact(59, "a batch of too many", (sidecar) =>
      all(sidecar, `${accounts}/BatchWrite`, [
        { writes: many.map(create) },
        { writes: many.map(create), atomic: true },
      ]),
    );
    fact(59, "a BatchGet of too many", (sidecar) =>
      sidecar.call(`${accounts}/BatchGet`, { keys: many.map((id) => ({ id })) }),
    );
    fact(59, "an Execute of too many", (sidecar) =>
      sidecar.call(execute, {
        operations: many.map((id) => packed("AccountRepositoryCreateRequest", { entity: { id } })),
      }),
    );
    fact(59, "a batch of too many bytes", (sidecar) =>
      sidecar.call(`${accounts}/BatchWrite`, {
        writes: [1, 2, 3].map((i) => ({ create: { entity: { id: `fat${i}`, name: "x".repeat(500_000) } } })),
      }),
    );
    fact(59, "one key twice", async (sidecar) => {
      const update = { update: { entity: { id: "pair", name: "second" } } };
      const outcome = await sidecar.call(`${accounts}/BatchWrite`, {
        writes: [{ create: { entity: { id: "pair", name: "first" } } }, update, create("pair")],
      });
      expect(outcome).toMatchObject({
        json: {
          results: [
            { entity: { name: "first" } },
            { entity: { name: "second" } },
            { status: { code: 6, reason: "KEY_EXISTS" } },
          ],
        },
      });
      return outcome;
    });
    fact(59, "an item that says nothing", (sidecar) =>
      all(sidecar, `${accounts}/BatchWrite`, [
        { writes: [create("none"), {}] },
        { writes: [create("none"), {}], atomic: true },
      ]),
    );
    fact(59, "a bad item among good ones", async (sidecar) => {
      const bad = { create: { entity: { id: "bad", balance: "1e5" } } };
      const outcome = await sidecar.call(`${accounts}/BatchWrite`, { writes: [create("good1"), bad, create("good2")] });
      expect(outcome).toMatchObject({
        json: {
          results: [
            { entity: { id: "good1" } },
            { status: { code: 3, reason: "DECIMAL_INVALID" } },
            { entity: { id: "good2" } },
          ],
        },
      });
      expect(
        await sidecar.call(`${accounts}/BatchWrite`, { writes: [create("good3"), bad], atomic: true }),
      ).toMatchObject({ code: 3, reason: "DECIMAL_INVALID", info: { index: "1" } });
      expect(await sidecar.call(`${accounts}/Exists`, { key: { id: "good3" } })).toMatchObject({ json: {} });
      return outcome;
    });
    fact(59, "an item with a request_id", (sidecar) =>
      sidecar.call(`${accounts}/BatchWrite`, { writes: [{ create: { entity: { id: "named" }, requestId: "r" } }] }),
    );

    // The weak profile cannot record requests at all: row 60.
    if (isWeak) return;
    fact(63, "a request_id with another payload", {
      given: (sidecar) =>
        sidecar.call(`${accounts}/Create`, { entity: { id: "once", name: "first" }, requestId: "row 63" }),
      when: (sidecar) =>
        sidecar.call(`${accounts}/Create`, { entity: { id: "once", name: CANARY }, requestId: "row 63" }),
    });
    fact(63, "a request_id with another method", (sidecar) =>
      sidecar.call(`${accounts}/Put`, { entity: { id: "once", name: "first" }, requestId: "row 63" }),
    );
  });

  unharmed(place);
});
