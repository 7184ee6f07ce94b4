// The order in which things start and stop.
import { expect, test } from "vitest";
import { Lifecycle, type LifecycleLog } from "../../../src/server/lifecycle.ts";

function recorded(): { log: LifecycleLog; told: string[] } {
  const told: string[] = [];
  const tell = (fields: object, text: string): void => void told.push(`${"step" in fields ? String(fields.step) : ""} ${text}`);
  return { told, log: { info: tell, warn: tell, error: tell } };
} // prettier-ignore

test("steps stop in reverse of their start, and each is told", async () => {
  const { log, told } = recorded();
  const done: string[] = [];
  const lifecycle = new Lifecycle(log);
  await lifecycle.start({ name: "a", start: () => 1, stop: (started) => void done.push(`a${started}`) });
  await lifecycle.start({ name: "b", start: () => 2, stop: (started) => void done.push(`b${started}`) });
  expect(told).toEqual([]);
  await lifecycle.together([
    { name: "c", start: () => {}, stop: () => void done.push("c") },
    { name: "d", start: () => {}, stop: () => void done.push("d") },
  ]);
  await lifecycle.stop(1_000);
  expect(done).toEqual(["d", "c", "b2", "a1"]);
  const steps = ["a", "b", "c", "d"];
  expect(told).toEqual([...steps.map((step) => `${step} started`), ...steps.toReversed().map((step) => `${step} stopped`)]); // prettier-ignore
});

test("the first step that fails stops those before it, in silence", async () => {
  const { log, told } = recorded();
  const done: string[] = [];
  const lifecycle = new Lifecycle(log);
  await lifecycle.start({ name: "a", start: () => {}, stop: () => void done.push("a") });
  const failing = { name: "b", start: () => Promise.reject(new Error("no")) };
  const other = { name: "c", start: () => {}, stop: () => void done.push("c") };
  await expect(lifecycle.together([failing, other])).rejects.toThrow("no");
  expect(done).toEqual(["c", "a"]);
  expect(told).toEqual([]);
});

test("a step that fails to stop keeps no other from stopping", async () => {
  const { log, told } = recorded();
  const done: string[] = [];
  const lifecycle = new Lifecycle(log);
  await lifecycle.start({ name: "a", start: () => {}, stop: () => void done.push("a") });
  await lifecycle.start({ name: "b", start: () => {}, stop: () => Promise.reject(new Error("no")) });
  await lifecycle.stop(1_000);
  expect(done).toEqual(["a"]);
  expect(told).toEqual(["b failed while stopping", "a stopped"]);
});
