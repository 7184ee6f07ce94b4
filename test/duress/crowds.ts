// Crowds on each transport: 10,000 connections that stay and call, 100,000 streams one behind the other on one connection.
// `node test/duress/crowds.ts [connections] [streams]`; needs as many open files (`ulimit -n`), here and in the sidecar. Prints CPU and memory.
import { argv } from "node:process";
import { cpuOf } from "../bench/process-cost.ts";
import { connectClient, type BytesClient } from "../bench/stages/client.ts";
import { startSidecar, testEntities, type Sidecar } from "../integration/sidecar.ts";
import { residentOf } from "./measure.ts";

const health = "/grpc.health.v1.Health/Check";
const nothing = new Uint8Array();
const connections = Number(argv[2] ?? 10_000);
const streams = Number(argv[3] ?? 100_000);

console.log("| crowd | transport | answered | lost | CPU µs a call | MiB before | at the most | 3 s afterwards |");
console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
for (const transport of ["native", "grpc-js"]) {
  const yaml = `limits: {connections: ${connections + 100}}\n`;
  const environment = { PANNIER_TRANSPORT: transport };
  const sidecar = await startSidecar({ yaml, environment, descriptors: testEntities });
  try {
    await measure(`${streams} streams on one connection`, transport, sidecar, () => manyStreams(sidecar.address));
    await measure(`${connections} connections, two calls each`, transport, sidecar, () => manyConnections(sidecar));
  } finally {
    await sidecar.dispose();
  }
}

interface Counted {
  answered: number;
  lost: number;
  /** MiB. */
  most: number;
}

async function measure(crowd: string, transport: string, sidecar: Sidecar, work: () => Promise<Counted>): Promise<void> {
  const pid = sidecar.process.pid ?? 0;
  const before = { cpu: cpuOf(pid), resident: residentOf(sidecar) };
  const { answered, lost, most } = await work();
  const cpu = (cpuOf(pid) - before.cpu) / (answered + lost);
  const highest = Math.max(most, residentOf(sidecar));
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const sizes = [before.resident, highest, residentOf(sidecar)].map((size) => size.toFixed(0));
  console.log(`| ${[crowd, transport, answered, lost, cpu.toFixed(1), ...sizes].join(" | ")} |`);
  if (lost > 0) process.exitCode = 1;
} // prettier-ignore

async function manyStreams(address: string): Promise<Counted> {
  const counted = { answered: 0, lost: 0, most: 0 };
  const client = await connectClient(address);
  const lane = async (): Promise<void> => {
    for (let i = 0; i < streams / 64; i++) await once(client, counted);
  };
  await Promise.all(Array.from({ length: 64 }, lane));
  client.close();
  return counted;
}

/** All are open before the second call of the first is made. */
async function manyConnections(sidecar: Sidecar): Promise<Counted> {
  const counted = { answered: 0, lost: 0, most: 0 };
  const clients: BytesClient[] = [];
  const lane = async (): Promise<void> => {
    for (let i = 0; i < connections / 50; i++) {
      const client = await connectClient(sidecar.address);
      clients.push(client);
      await once(client, counted);
    }
  };
  await Promise.all(Array.from({ length: 50 }, lane));
  for (let at = 0; at < clients.length; at += 100)
    await Promise.all(clients.slice(at, at + 100).map((client) => once(client, counted)));
  counted.most = residentOf(sidecar);
  for (const client of clients) client.close();
  return counted;
}

function once(client: BytesClient, counted: Counted): Promise<void> {
  return client.call(health, nothing).then(
    () => void (counted.answered += 1),
    () => void (counted.lost += 1),
  );
}
