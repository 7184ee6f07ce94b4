/** `pannier serve`: runs until it is asked to stop. */

import { once } from "node:events";
import { compose, type Sidecar } from "../compose.ts";
import { systemClock, type Clock } from "../model/clock.ts";
import type { Log } from "../telemetry/log.ts";
import { EXIT, type CommandContext, type Run } from "./command.ts";
import { exampleLines } from "./example-lines.ts";
import { letGoOfStart, letGrow } from "./heap.ts";
import { refuseTightLimits } from "./process-limits.ts";
import { runtimeFaults } from "./runtime-faults.ts";
import { complainOf, start } from "./start.ts";

export const serve: Run = async (context) => {
  try {
    return await run(context);
  } catch (error) {
    return complainOf(error, context);
  }
};

async function run(context: CommandContext): Promise<number> {
  const { config, log, reload } = await start(context);
  await refuseTightLimits(config);
  warnOfClock(systemClock, log);
  const { directory, environment } = context;
  const sidecar = await compose({ config, log, clock: systemClock, directory, environment, reload });
  const { listener, operationsAddress: operations, entities } = sidecar;
  log.info({ address: listener.address, operations, entities: entities.length }, "serving");
  for (const fault of runtimeFaults()) log.warn({}, fault);
  announce(sidecar, context);
  letGoOfStart();
  letGrow();
  if (!context.stop.aborted) await once(context.stop, "abort");
  log.info({ signal: String(context.stop.reason), grace: config.shutdown.grace }, "stopping");
  await sidecar.stop();
  log.info({}, "stopped");
  return EXIT.ok;
}

/** 2025-01-01T00:00:00Z in nanoseconds; a clock before it was never set. */
const earliest = 1_735_689_600_000_000_000n;

/** A machine without a clock of its own starts in 1970: nothing breaks by it, but nothing expires either. */
function warnOfClock(clock: Clock, log: Log): void {
  if (clock.now() >= earliest) return;
  log.warn({}, "the clock is before 2025; managed timestamps, expiry and generated ids follow it, so set it");
}

function announce({ listener, entities }: Sidecar, { print }: CommandContext): void {
  const names = entities.map(({ model }) => model.name).join(", ");
  print(`pannier serves ${names} on ${listener.address}\n`);
  const lines = exampleLines(
    entities.map(({ model }) => model),
    listener.address,
  );
  for (const line of lines) print(line);
}
