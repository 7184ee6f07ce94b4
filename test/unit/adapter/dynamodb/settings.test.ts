/** What a url and settings may say. */

import { describe, expect, it } from "vitest";
import { checkSettings, settingsOf } from "../../../../src/adapter/dynamodb/settings.ts";
import { describeSettings, given } from "../settings-facts.ts";

describe("the url of a store", () => {
  it("names region, prefix, endpoint and an access key", () => {
    const url = "dynamodb://key:s%2Fcret@eu-central-1/shop.?endpoint=http%3A%2F%2F127.0.0.1%3A8000";
    const { region, prefix, endpoint, credentials } = settingsOf(given(url));
    expect({ region, prefix, endpoint, credentials }).toEqual({
      region: "eu-central-1",
      prefix: "shop.",
      endpoint: "http://127.0.0.1:8000",
      credentials: { accessKeyId: "key", secretAccessKey: "s/cret" },
    });
  });

  it("leaves credentials to the machine, and the endpoint to the region", () => {
    const { prefix, endpoint, credentials } = settingsOf(given("dynamodb://us-east-1"));
    expect({ prefix, endpoint, credentials }).toEqual({ prefix: "", endpoint: undefined, credentials: undefined });
  });
});

describe("a store with one table", () => {
  const url = "dynamodb://us-east-1/shop.";

  it("has attributes of its own names, or of the usual ones", () => {
    expect(settingsOf(given(url)).single).toBeUndefined();
    expect(settingsOf(given(url, { table: "all" })).single).toMatchObject({
      table: "all",
      partition: "PK",
      sort: "SK",
      type: "EntityType",
    });
    const indexes = new Map([["GSI1", new Map([["partition", "gsi1pk"]])]]); // as configuration reads it
    const { single } = settingsOf(given(url, { table: "all", sort_attribute: "range", indexes }));
    expect(single?.sort).toBe("range");
    expect(single?.indexes).toEqual(new Map([["GSI1", { partition: "gsi1pk", sort: "GSI1SK" }]]));
  });

  it.each([
    [{ table: "a" }, "table"],
    [{ table: "all", partition_attribute: "a b" }, "partition_attribute"],
    [{ table: "all", indexes: { GSI1: { sorted: "x" } } }, "indexes"],
    [{ table: "all", indexes: "GSI1" }, "indexes"],
  ])("refuses %j", async (settings, setting) => {
    expect((await checkSettings(given(url, settings))).problems).toMatchObject([{ setting }]);
  });
});

describeSettings(
  { checkSettings, settingsOf },
  {
    refused: [
      ["dynamodb:///shop", /names no region/u],
      ["dynamodb://localhost/shop", /names no region/u],
      ["dynamodb://us-east-1/a%2Fb", /prefix of tables/u],
      ["dynamodb://us-east-1/?endpoint=ftp%3A%2F%2Fh", /endpoint that is no http or https url/u],
      ["dynamodb://us-east-1/?table=x", /parameter table/u],
      ["dynamodb://key@us-east-1/", /one half of an access key/u],
    ],
    secret: "dynamodb://u:secret@us-east-1/?secret%20thing=1&endpoint=secret",
    wrong: ["dynamodb://us-east-1/p", { connections: 0, poolsize: 4, request_timeout_ms: 1.5 }],
    onePlace: ["dynamodb://us-east-1/p", "dynamodb://k:s@us-east-1/p"],
  },
);
