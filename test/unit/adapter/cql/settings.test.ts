/** What a url and settings may say: what would weaken safety is refused before anything is opened. */

import { describe, expect, it } from "vitest";
import { checkSettings, settingsOf } from "../../../../src/adapter/cql/settings.ts";
import { describeSettings, given } from "../settings-facts.ts";

describe("the url of a store", () => {
  it("names hosts, keyspace, user, password, levels and TLS", () => {
    const { hosts, keyspace, user, password, localDc, levels, tls } = settingsOf(
      given(
        "cassandra://me%40x:p%2Fw@one.example/shop?hosts=two.example,three.example:9043&local_dc=dc1&read_consistency=local_quorum&serial_consistency=local_serial&sslmode=verify-full&sslrootcert=/ca.pem",
      ),
    );
    expect(hosts).toEqual(["one.example:9042", "two.example:9042", "three.example:9043"]);
    expect({ keyspace, user, password, localDc }).toEqual({
      keyspace: "shop",
      user: "me@x",
      password: "p/w",
      localDc: "dc1",
    });
    expect(levels).toEqual({ read: "local_quorum", write: "quorum", serial: "local_serial" });
    expect(tls).toEqual({ mode: "verify-full", files: { sslrootcert: "/ca.pem" } });
  });
});

describe("settings of a store", () => {
  it("are off unless they are true, and a batch over partitions needs writes that look at nothing", async () => {
    expect(Object.values(settingsOf(given("cassandra://h/k")).switches)).not.toContain(true);
    expect(settingsOf(given("cassandra://h/k", { statements: true })).switches.statements).toBe(true);
    const { problems } = await checkSettings(given("cassandra://h/k", { logged_batches: true, statements: "yes" }));
    expect(problems.map(({ setting }) => setting)).toEqual(["statements", "logged_batches"]);
  });

  it("take the most connections by the name that all stores have", () => {
    expect(settingsOf(given("cassandra://h/k", { "pool.max": 3 })).numbers.connections_per_host).toBe(3);
  });

  it("ask another host for a read where the url says when", () => {
    expect(settingsOf(given("cassandra://h/k")).speculative).toBeUndefined();
    expect(settingsOf(given("cassandra://h/k?speculative_ms=50")).speculative).toBe(50);
  });
});

describeSettings(
  { checkSettings, settingsOf },
  {
    refused: [
      ["cassandra://h/k?sslmode=prefer", /sslmode that is none of disable, require, verify-ca, verify-full/u],
      ["cassandra://h/k?sslmode=verify-ca", /names no sslrootcert/u],
      ["cassandra://h/k?sslmode=verify-full&sslmode=disable", /parameter sslmode twice/u],
      ["cassandra://h/k?sslrootcert=/ca.pem", /sslrootcert and asks for no TLS/u],
      ["cassandra://h/k?sslmode=require&sslrootcert=/ca.pem", /sslrootcert, at which require does not look/u],
      ["cassandra://h/k?sslmode=require&sslcert=/c", /one of sslcert and sslkey/u],
      ["cassandra://h/k?consistency=one", /parameter consistency/u],
      ["cassandra://h/k?read_consistency=any", /read_consistency that is none of/u],
      ["cassandra://h/k?write_consistency=serial", /write_consistency that is none of/u],
      ["cassandra://h/k?replication_factor=0", /replication_factor/u],
      ["cassandra://h/k?protocol_version=5", /protocol_version/u],
      ["cassandra://h/k?speculative_ms=0", /speculative_ms/u],
      ["cassandra://h/", /names no keyspace/u],
      ["cassandra://h/my-keyspace", /names no keyspace/u],
    ],
    secret: "cassandra://u:secret@h/k?secret%20thing=1&sslmode=secret",
    wrong: ["cassandra://h/k", { prepared: 0, poolsize: 4, keep_alive_ms: 1.5 }],
    onePlace: ["cassandra://a@h/k", "cassandra://b@h:9042/k?read_consistency=one"],
  },
);
