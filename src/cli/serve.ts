/** `pannier serve`: runs until it is asked to stop. */

import { once } from "node:events";
import { compose, type Sidecar } from "../compose.ts";
import { systemClock } from "../model/clock.ts";
import { EXIT, type Command, type CommandContext } from "./command.ts";
import { exampleLines } from "./example-lines.ts";
import { complainOf, start } from "./start.ts";

export const serve: Command = {
  summary: "serve the configured entities until SIGTERM or SIGINT",
  run: async (context) => {
    try {
      return await run(context);
    } catch (error) {
      return complainOf(error, context);
    }
  },
};

async function run(context: CommandContext): Promise<number> {
  const { config, log, reload } = await start(context);
  const { directory, environment } = context;
  const sidecar = await compose({ config, log, clock: systemClock, directory, environment, reload });
  const { listener, operationsAddress: operations, entities } = sidecar;
  log.info({ address: listener.address, operations, entities: entities.length }, "serving");
  announce(sidecar, context);
  if (!context.stop.aborted) await once(context.stop, "abort");
  log.info({ signal: String(context.stop.reason), grace: config.shutdown.grace }, "stopping");
  await sidecar.stop();
  log.info({}, "stopped");
  return EXIT.ok;
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
