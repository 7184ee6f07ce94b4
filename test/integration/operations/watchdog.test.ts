// A process whose event loop stands still is ended with a status of its own, and says where it hung.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

async function run(how: string): Promise<{ code: unknown; out: string; err: string }> {
  const script = fileURLToPath(new URL("./stuck.ts", import.meta.url));
  const child = spawn(process.execPath, [script, how], { stdio: ["ignore", "pipe", "pipe"] });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code, out, err };
}

test.each([
  ["in JavaScript", "spin", /spin operations\/stuck\.ts:\d+/],
  ["in a wait that no signal ends", "native", /sleepInNativeCode operations\/stuck\.ts:\d+/],
])("a loop that hangs %s", async (_, how, place) => {
  const { code, err } = await run(how);
  expect(code).toBe(86);
  const line: unknown = JSON.parse(err.split("\n")[0] ?? "");
  expect(line).toMatchObject({ level: "fatal", msg: "the event loop is blocked; the process is ended" });
  expect(err).toMatch(place);
});

test("a loop that runs is left alone", async () => {
  expect(await run("never")).toEqual({ code: 0, out: "never stuck\n", err: "" });
});
