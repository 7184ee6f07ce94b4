// What `pannier/testing` takes to start, first and again, alone and ten at once: `npm run build && node test/bench/testing.ts`. With `--conditions=pannier-source` Node strips types first, which is most of it.
import { fileURLToPath } from "node:url";

const proto = fileURLToPath(new URL("../../proto", import.meta.url));
const started = { at: performance.now(), cpu: process.cpuUsage() };

function lap(name: string): void {
  const { user, system } = process.cpuUsage(started.cpu);
  console.log(`${name}: ${Math.round(performance.now() - started.at)} ms, ${Math.round((user + system) / 1_000)} ms of CPU`);
  Object.assign(started, { at: performance.now(), cpu: process.cpuUsage() });
} // prettier-ignore

const { startSidecar } = await import("pannier/testing");
lap("import");
const sidecars = [await startSidecar({ descriptors: [proto] })];
lap("first");
sidecars.push(await startSidecar({ descriptors: [proto] }));
lap("second");
sidecars.push(...(await Promise.all(Array.from({ length: 10 }, () => startSidecar({ descriptors: [proto] })))));
lap("ten at once");
await Promise.all(sidecars.map((sidecar) => sidecar.stop()));
lap("all stopped");
