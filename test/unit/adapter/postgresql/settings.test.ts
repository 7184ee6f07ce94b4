/** What a url and settings may say: what would weaken safety is refused before anything is opened. */

import { describe, expect, it } from "vitest";
import type { StoreSettings } from "../../../../src/adapter/opening.ts";
import { POSTGRESQL } from "../../../../src/adapter/postgresql/flavour.ts";
import { settingsCheck, settingsOf as settingsFor } from "../../../../src/adapter/postgresql/settings.ts";
import { poolSettings, type ServerSettings } from "../../../../src/adapter/sql/server/settings.ts";
import { describeSettings, given } from "../settings-facts.ts";

const checkSettings = settingsCheck(POSTGRESQL);
const settingsOf = (options: StoreSettings): ServerSettings => settingsFor(POSTGRESQL, options);

describe("the url of a store", () => {
  it("names host, port, user, password, database and TLS", () => {
    const { hosts, user, password, database, tls } = settingsOf(
      given("postgres://me%40x:p%2Fw@db.example:6432/shop?sslmode=verify-full&sslrootcert=/ca.pem"),
    );
    expect({ hosts, user, password, database }).toEqual({
      hosts: [{ host: "db.example", port: 6432 }],
      user: "me@x",
      password: "p/w",
      database: "shop",
    });
    expect(tls).toEqual({ mode: "verify-full", files: { sslrootcert: "/ca.pem" } });
  });

  it("names further hosts, in their order", () => {
    const { hosts } = settingsOf(given("postgres://u@a/d?hosts=b:6432,[::1]"));
    expect(hosts).toEqual([
      { host: "a", port: 5432 },
      { host: "b", port: 6432 },
      { host: "::1", port: 5432 },
    ]);
  });
});

describe("connections", () => {
  const breaker = (settings: { readonly [name: string]: unknown }): unknown =>
    poolSettings(settingsOf(given("postgres://u@h/d", settings))).breaker;

  it("are not tried by calls for 30 seconds after five failures, unless the settings say otherwise", () => {
    expect(breaker({})).toEqual({ failures: 5, time: 30_000 });
    expect(breaker({ breaker_failures: 2, breaker_ms: 1_000 })).toEqual({ failures: 2, time: 1_000 });
  });
});

describeSettings(
  { checkSettings, settingsOf },
  {
    refused: [
      ["postgres://u@h/d?hosts=b:x", /hosts that are not/u],
      ["postgres://u@h/d?hosts=", /hosts that are not/u],
      ["postgres://u@h/d?sslmode=prefer", /sslmode that is none of disable, require, verify-ca, verify-full/u],
      ["postgres://u@h/d?sslmode=allow", /sslmode/u],
      ["postgres://u@h/d?options=-c%20fsync%3Doff", /parameter options/u],
      ["postgres://u@h/d?default_transaction_read_only=off", /parameter default_transaction_read_only/u],
      ["postgres://u@h/d?sslmode=verify-ca", /names no sslrootcert/u],
      ["postgres://u@h/d?hosts=me:secret@b", /hosts that are not/u],
      ["postgres://u@h/d?sslmode=verify-full&sslrootcert=/a#b", /has a #, behind which nothing counts/u],
      ["postgres://u@h/d?sslmode=verify-full&sslmode=disable", /parameter sslmode twice/u],
      ["postgres://u@h/d?sslrootcert=/ca.pem", /sslrootcert and asks for no TLS/u],
      ["postgres://u@h/d?sslmode=disable&sslcert=/c&sslkey=/k", /sslcert and asks for no TLS/u],
      ["postgres://u@h/d?sslmode=require&sslrootcert=/ca.pem", /sslrootcert, at which require does not look/u],
      ["postgres://u@h/d?sslmode=require&sslcert=/c", /one of sslcert and sslkey/u],
      ["postgres://u@h/", /names no database/u],
      ["postgres://h/d", /names no user/u],
    ],
    secret: "postgres://u:secret@h/d?secret%20thing=1&sslmode=secret",
    // A timer that is longer than 2147483647 ms runs at once, and again and again.
    wrong: ["postgres://u@h/d", { "pool.max": 0, poolsize: 4, queue: 1.5, sweep_interval_ms: 2_147_483_648 }],
    onePlace: ["postgres://a@h/d", "postgresql://b@h:5432/d?application_name=x"],
  },
);
