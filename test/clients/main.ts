// Prints what each client came to under load: `node test/clients/main.ts [seconds of each, 60 when absent] [part of a client's name] [transport]`.
import { argv } from "node:process";
import { clients, whyNot } from "./clients.ts";
import { servingTransports, Stage } from "./stage.ts";

const seconds = Number(argv[2] ?? 60);
const wanted = argv[3] ?? "";
const wantedTransport = argv[4];

console.log("| client | transport | calls | in flight | seconds | answered | lost | the first that was lost |");
console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
for (const transport of servingTransports) {
  if (wantedTransport !== undefined && transport.name !== wantedTransport) continue;
  const stage = await Stage.open(transport);
  for (const client of clients.filter(({ name }) => name.includes(wanted))) {
    const reason = await whyNot(client);
    if (reason !== undefined) console.log(`| ${client.name} | ${transport.name} | ${reason} | | | | | |`);
    else await table(client, transport.name, stage);
  }
  await stage.close();
}

async function table(client: (typeof clients)[number], transport: string, stage: Stage): Promise<void> {
  const running = (await client.provide())(stage.address);
  for (const inFlight of client.inFlight) {
    for (const kind of ["put", "scan"] as const) {
      const { calls, lost, first } = await running.load(stage[kind], seconds * 1_000, inFlight);
      const told = [client.name, transport, kind, inFlight, seconds, calls - lost, lost, first];
      console.log(`| ${told.join(" | ")} |`);
      if (lost > 0 || calls === 0) process.exitCode = 1;
    }
  }
  await running.close();
}
