/** What a url and settings may say: what would weaken safety is refused before anything is opened. */

import { describe, expect, it } from "vitest";
import { checkSettings, settingsOf } from "../../../../src/adapter/cql/settings.ts";

const given = (url: string, settings: { readonly [name: string]: unknown } = {}) => ({
  store: "main",
  url: new URL(url),
  dataDir: "",
  settings,
});

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

  it.each([
    ["cassandra://h/k?sslmode=prefer", /sslmode that is none of disable, require, verify-ca, verify-full/u],
    ["cassandra://h/k?sslmode=verify-ca", /names no sslrootcert/u],
    ["cassandra://h/k?consistency=one", /parameter consistency/u],
    ["cassandra://h/k?read_consistency=any", /read_consistency that is none of/u],
    ["cassandra://h/k?write_consistency=serial", /write_consistency that is none of/u],
    ["cassandra://h/k?replication_factor=0", /replication_factor/u],
    ["cassandra://h/k?protocol_version=5", /protocol_version/u],
    ["cassandra://h/", /names no keyspace/u],
    ["cassandra://h/my-keyspace", /names no keyspace/u],
  ])("%s is refused", async (url, why) => {
    const { problems } = await checkSettings(given(url));
    expect(problems.map(({ reason }) => reason).join("\n")).toMatch(why);
    expect(() => settingsOf(given(url))).toThrow(why);
  });

  it("is never quoted, because it may hold a password", async () => {
    const { problems } = await checkSettings(given("cassandra://u:secret@h/k?secret%20thing=1&sslmode=secret"));
    expect(problems).toHaveLength(2);
    expect(JSON.stringify(problems)).not.toContain("secret");
  });
});

describe("settings", () => {
  it("are whole numbers above 0 of known names", async () => {
    const { problems } = await checkSettings(
      given("cassandra://h/k", { prepared: 0, poolsize: 4, keep_alive_ms: 1.5 }),
    );
    expect(problems.map(({ setting }) => setting).toSorted()).toEqual(["keep_alive_ms", "poolsize", "prepared"]);
  });

  it("two stores on one keyspace have one place", async () => {
    const one = await checkSettings(given("cassandra://a@h/k"));
    const other = await checkSettings(given("cassandra://b@h:9042/k?read_consistency=one"));
    expect(one.place).toBeDefined();
    expect(other.place).toBe(one.place);
  });
});
