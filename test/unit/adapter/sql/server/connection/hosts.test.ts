/** Which of several hosts is connected to: in their order, and first to the one that did last. */

import { beforeEach, expect, it } from "vitest";
import { NotConnected } from "../../../../../../src/adapter/runtime/link-failure.ts";
import { connectorOf } from "../../../../../../src/adapter/sql/server/connection/hosts.ts";
import type { Link } from "../../../../../../src/adapter/sql/server/connection/link.ts";

const link = {} as Link; // nothing is asked of it
const hosts = ["a", "b", "c"].map((host) => ({ host, port: 1 }));

let down: Set<string>;
let tried: string[];
const connect = connectorOf(hosts, async ({ host }) => {
  tried.push(host);
  if (down.has(host)) throw new NotConnected(new Error(host));
  return link;
});

beforeEach(() => {
  [down, tried] = [new Set(), []];
});

it("tries them in the order of the url, then stays with the one that took the connection", async () => {
  await connect();
  expect(tried).toEqual(["a"]);
  down = new Set(["a", "b"]);
  await connect();
  expect(tried).toEqual(["a", "a", "b", "c"]);
  down = new Set(["a"]);
  await connect();
  expect(tried.slice(4), "the one that did last comes first").toEqual(["c"]);
  down = new Set(["c", "a"]);
  await connect();
  expect(tried.slice(5), "then those behind it, round about").toEqual(["c", "a", "b"]);
});

it("tries each once where none answers, and says what the last one said", async () => {
  down = new Set(["a", "b", "c"]);
  const error: unknown = await connect().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NotConnected);
  expect(tried.toSorted()).toEqual(["a", "b", "c"]);
});
