// The level of the log changes while it is in use, for its children, too.
import { expect, test } from "vitest";
import { createLog } from "../../../src/telemetry/log.ts";

test("children follow the level, and keep their fields", () => {
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "json", base: { service: "s" } }, (line) => lines.push(line));
  const child = log.child({ store: "a" });
  child.debug({}, "unheard");
  log.setLevel("debug");
  expect(child.isLevelEnabled("debug")).toBe(true);
  child.debug({ n: 1 }, "heard");
  log.setLevel("error");
  child.warn({}, "unheard again");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "debug", service: "s", store: "a", n: 1, msg: "heard" });
});
