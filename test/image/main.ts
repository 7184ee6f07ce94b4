// The gate of the image: `node test/image/main.ts [seconds] [mebibytes] [target]`; five minutes of load under a limit of 256 MiB when nothing is said. Needs root.
import { argv } from "node:process";
import { buildImage, whyNoImage } from "./build.ts";
import { drain, firstPage, load, openGate, refusesDirectories, sizesOf, starts } from "./gate.ts";

const why = whyNoImage();
if (why !== undefined) throw new Error(why);
const [seconds, mebibytes] = [Number(argv[2] ?? 300), Number(argv[3] ?? 256)];
const target = argv[4] === "compiling" ? "compiling" : "runtime";

const image = await buildImage(target);
const gate = await openGate(image, target, mebibytes);
try {
  const { program, node, whole } = sizesOf(image);
  console.log(`${target}: app ${program} MiB, node ${node}, base ${whole - program - node}`);
  if (!gate.group) console.log("no memory cgroup can be made here: it runs without a limit");
  for (let i = 0; i < 3; i++) {
    const { cold, warm } = await starts(gate);
    console.log(`serves ${cold.toFixed(0)} ms after its start with an empty volume, ${warm.toFixed(0)} ms with a used one`);
  }
  if (target === "runtime") await refusesDirectories(gate);
  console.log(`${await firstPage(gate)} calls of the first page, as user 65532, root read-only`);
  const { answered, refused } = await drain(gate);
  console.log(`SIGTERM under load: ${answered} answered and stored, ${refused} refused, exit 0`);
  const { calls, malformed, codes, samples } = await load(gate, seconds);
  const resident = samples.map((sample) => Math.round(sample.resident));
  console.log(`${seconds} s of mixed load: ${calls} calls, ${malformed} malformed; ${[...codes].map(([code, count]) => `${code}: ${count}`).join(", ")}`);
  console.log(`resident MiB: ${resident.join(" ")}; at most ${Math.max(...resident)}`);
  const most = await gate.group?.most();
  if (most) console.log(`charged by the cgroup at most ${most.mebibytes.toFixed(0)} MiB of ${mebibytes}, the limit met ${most.met} times`);
} finally {
  await gate.group?.remove();
  await image.remove();
} // prettier-ignore
