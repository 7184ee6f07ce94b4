// One conversion of many rows beside a reader: time, memory, the longest wait of a point read; killed twice and resumed.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv, execPath, exit, stdout } from "node:process";
import { DatabaseSync } from "node:sqlite";
import { setImmediate, setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { anyCall, openStore, temporaryDirectory } from "../unit/adapter/sqlite/store.ts";
import { contractText } from "../../src/migration/contract-text.ts";
import { contractOf } from "../../src/migration/contract.ts";
import { after, before } from "./entity.ts";

const count = Number(argv[2] ?? 1_000_000);
const dataDir = temporaryDirectory();
const file = join(dataDir, "test.db");
const asked = join(dataDir, "apply.json");
writeFileSync(asked, JSON.stringify({ contract: contractText(contractOf(after)), accept: [] }));
await (await openStore([before], { dataDir })).close();
const seed = new DatabaseSync(file);
seed.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
  INSERT INTO orders (id, total, note, customer) SELECT i, i * 7 - 5, 'note ' || i, 'c' || (i % 1000) FROM n`);
seed.close();

const reader = await openStore([before], { dataDir });
/** Of one read each, in milliseconds: with nothing beside it, and while rows are converted. */
const [alone, beside]: [number[], number[]] = [[], []];
let waits = alone;
let isOver = false;
const reading = (async () => {
  for (let i = 1; !isOver; i = (i * 7_919) % count || 1) {
    const began = performance.now();
    await reader.read({ keys: [{ entity: before, key: [BigInt(i)] }], fields: undefined, consistency: undefined }, anyCall()).catch(() => {}); // the new form is another's
    waits.push(performance.now() - began);
    await setImmediate();
  }
})(); // prettier-ignore

/** Until a share of the rows is copied, then kill -9; or to the end. */
function apply(share: number): Promise<{ copied: number; memory: number; code: number | null }> {
  const child = spawn(execPath, [fileURLToPath(new URL("apply.ts", import.meta.url)), dataDir, asked], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let copied = 0;
  let memory = 0;
  child.stdout.on("data", (text: Buffer) => {
    for (const line of text.toString().trim().split("\n")) {
      const [done = 0, , rss = 0] = line.split(" ").map(Number);
      copied = done;
      memory = Math.max(memory, rss);
    }
    if (copied > share * count) child.kill("SIGKILL");
  });
  return new Promise((resolve) => child.on("exit", (code) => resolve({ copied, memory, code })));
}

await setTimeout(10_000);
waits = beside;
const began = performance.now();
const first = await apply(0.3);
const second = await apply(0.6);
const third = await apply(2);
const seconds = (performance.now() - began) / 1_000;
isOver = true;
await reading;
await reader.close();
const look = new DatabaseSync(file, { readOnly: true });
const wrong = look
  .prepare("SELECT count(*) AS n FROM orders WHERE total__2 <> (id * 7 - 5) * 100 OR note <> 'note ' || id")
  .get();
const rows = look.prepare("SELECT count(*) AS n FROM orders").get();
look.close();
const longest = (of: readonly number[]): string =>
  `${of
    .slice(10)
    .reduce((most, wait) => Math.max(most, wait), 0)
    .toFixed(1)} ms`;
const memory = Math.max(first.memory, second.memory, third.memory) / 1_048_576;
stdout.write(`${count} rows: killed at ${first.copied} and ${second.copied}, done in ${seconds.toFixed(1)} s, ${Math.round(count / seconds)} a second; ` +
  `most memory ${memory.toFixed(0)} MiB; ${beside.length} point reads beside it, longest ${longest(beside)} (${alone.length} before it, longest ${longest(alone)})\n`); // prettier-ignore
const isWhole = Number(rows?.["n"]) === count && Number(wrong?.["n"]) === 0 && third.code === 0;
stdout.write(
  isWhole ? "every value is what it was\n" : `WRONG: ${String(rows?.["n"])} rows, ${String(wrong?.["n"])} wrong\n`,
);
exit(isWhole ? 0 : 1);
