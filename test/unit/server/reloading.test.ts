// The configuration while it changes: one coherent version at a time, and the earlier one where the new one is bad.
import { expect, test } from "vitest";
import { loadConfiguration, type Config, type LoadedConfiguration } from "../../../src/config/config.ts";
import { Reloading } from "../../../src/server/reloading.ts";

const load = (environment: Record<string, string>): Promise<LoadedConfiguration> =>
  loadConfiguration({ environment, flags: new Map(), directory: "/nowhere" });

interface Told {
  readonly text: string;
  readonly settings?: readonly string[];
}

async function reloadingFrom(next: () => Promise<LoadedConfiguration>): Promise<{ reloading: Reloading; applied: Config[]; told: Told[] }> {
  const applied: Config[] = [];
  const told: Told[] = [];
  const tell = (fields: object, text: string): void => void told.push({ ...fields, text });
  const log = { info: tell, warn: tell, error: tell };
  const loaded = await load({});
  const reloading = new Reloading({ loaded, load: next, apply: (config) => void applied.push(config), log });
  return { reloading, applied, told };
} // prettier-ignore

test("what may change is taken over, and what may not is named", async () => {
  const next = { PANNIER_LOG_LEVEL: "debug", PANNIER_LISTEN: "127.0.0.1:1", PANNIER_LIMITS_PAGE_SIZE: "7" };
  const { reloading, applied, told } = await reloadingFrom(() => load(next));
  await reloading.now("test");
  expect(applied.map(({ log, limits }) => [log.level, limits.pageSize])).toEqual([["debug", 7]]);
  expect(told).toMatchObject([
    { text: "the configuration is taken over", settings: ["log.level", "limits.page_size"] },
    { text: "these settings have changed and wait for the next start", settings: ["listen"] },
  ]);
  await reloading.now("test");
  expect(reloading.counts).toMatchObject({ applied: 1, unchanged: 1, refused: 0, refusedAt: undefined });
});

test("what waits for the next start is told against how it was started: once, and not when it is put back", async () => {
  let environment: Record<string, string> = { PANNIER_LISTEN: "127.0.0.1:1" };
  const { reloading, told } = await reloadingFrom(() => load(environment));
  await reloading.now("test");
  environment = { PANNIER_LISTEN: "127.0.0.1:1", PANNIER_LOG_LEVEL: "debug" };
  await reloading.now("test");
  environment = { PANNIER_LOG_LEVEL: "debug" };
  await reloading.now("test");
  const waiting = told.filter(({ text }) => text.includes("wait for the next start"));
  expect(waiting.map(({ settings }) => settings)).toEqual([["listen"]]);
});

test("a bad configuration leaves everything as it was, until it is mended", async () => {
  let level = "loud";
  const { reloading, applied, told } = await reloadingFrom(() => load({ PANNIER_LOG_LEVEL: level }));
  await reloading.now("test");
  expect(applied).toEqual([]);
  expect(told).toMatchObject([{ text: "the changed configuration is refused; the earlier one goes on" }]);
  expect(reloading.counts.refusedAt).toBeDefined();
  level = "warn";
  await reloading.now("test");
  expect(applied).toHaveLength(1);
  expect(reloading.counts.refusedAt).toBeUndefined();
});

test("a storm of requests looks twice: once as it begins, once after its last", async () => {
  const looks: PromiseWithResolvers<LoadedConfiguration>[] = [];
  const { reloading } = await reloadingFrom(() => {
    const look = Promise.withResolvers<LoadedConfiguration>();
    looks.push(look);
    return look.promise;
  });
  const storm = Array.from({ length: 1_000 }, () => reloading.now("SIGHUP"));
  looks[0]?.resolve(await load({}));
  await storm[0];
  looks[1]?.resolve(await load({}));
  await Promise.all(storm);
  expect(looks).toHaveLength(2);
});
