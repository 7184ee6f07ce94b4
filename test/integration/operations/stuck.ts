// A process that hangs after a while, guarded by the watchdog; started by watchdog.test.ts. Argument: how it hangs.
import { argv } from "node:process";
import { startWatchdog } from "../../../src/server/watchdog.ts";

startWatchdog({ timeout: 300 });

/** JavaScript that never gives the loop a turn. */
function spin(): void {
  for (let i = 0; ; i += 1) Math.sqrt(i);
}

function sleepInNativeCode(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

setTimeout(() => {
  if (argv[2] === "spin") spin();
  if (argv[2] === "native") sleepInNativeCode();
  console.log("never stuck");
}, 1_000);
