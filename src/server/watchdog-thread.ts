/** The watchdog's thread: counts its own looks, not the time, so that a machine that slept is not mistaken for a loop that hangs. */

import { writeSync } from "node:fs";
import { Session, type Debugger } from "node:inspector";
import { kill, pid } from "node:process";
import { workerData } from "node:worker_threads";
import type { WatchdogData } from "./watchdog-data.ts";

const { beats, interval, patience, status }: WatchdogData = workerData;
const count = new Int32Array(beats);
const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
const deepest = 12; // frames of the stack that are logged
const answerTime = 2_000; // milliseconds for the debugger to stop the loop

let seen = -1;
let silent = 0;
while (silent <= patience) {
  Atomics.wait(never, 0, 0, interval);
  const beat = Atomics.load(count, 0);
  silent = beat === seen ? silent + 1 : 0;
  seen = beat;
}
end();

/** JavaScript can be stopped by the debugger, which also knows where it is; a loop that hangs in native code can only be killed. */
function end(): void {
  const session = new Session();
  session.connectToMainThread();
  const urls = new Map<string, string>();
  session.on("Debugger.scriptParsed", ({ params: { scriptId, url } }) => void urls.set(scriptId, url));
  session.once("Debugger.paused", ({ params: { callFrames } }) => {
    const [top] = callFrames;
    complain(callFrames.slice(0, deepest).map((frame) => placeOf(frame, urls)));
    // A process with the number 1 ignores signals of its own, so the loop's thread must end it.
    const expression = `process.reallyExit(${status})`;
    if (top) session.post("Debugger.evaluateOnCallFrame", { callFrameId: top.callFrameId, expression });
  });
  session.post("Debugger.enable");
  session.post("Debugger.pause");
  setTimeout(() => {
    complain(["in native code"]);
    kill(pid, "SIGKILL");
  }, answerTime);
}

function placeOf(
  { functionName, location: { scriptId, lineNumber } }: Debugger.CallFrame,
  urls: ReadonlyMap<string, string>,
): string {
  const file = urls.get(scriptId)?.split("/").slice(-2).join("/") ?? "?";
  return `${functionName || "(anonymous)"} ${file}:${lineNumber + 1}`;
}

/** One line, as the log writes them; the log itself lives on the thread that hangs. */
function complain(stack: readonly string[]): void {
  const seconds = Math.round((patience * interval) / 100) / 10;
  const line = { level: "fatal", time: new Date().toISOString(), seconds, stack, msg: "the event loop is blocked; the process is ended" }; // prettier-ignore
  writeSync(2, `${JSON.stringify(line)}\n`);
}
