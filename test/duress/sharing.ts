// Several processes on one file: a lock held too long, sidecars side by side, one of them killed.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ask, numberOf, part } from "../integration/ask.ts";
import type { Outcome, Sidecar } from "../integration/sidecar.ts";
import type { Scenario, Told } from "./scenario.ts";
import { accounts, plains, serve, Stage, statusOf } from "./stage.ts";

export const sharing: readonly Scenario[] = [
  { name: "lock held by another process beyond the timeout, then released", run: locked },
  { name: "two sidecars on one file under mixed load", run: () => together(2, 100) },
  { name: "eight sidecars on one file under mixed load", run: () => together(8, 25) },
  { name: "kill -9 of one of two sidecars under load", run: killed },
];

async function locked(): Promise<Told> {
  const stage = await Stage.open({ busyTimeout: 300 });
  await stage.put("before");
  const other = new DatabaseSync(stage.file);
  other.exec("BEGIN IMMEDIATE");
  const started = performance.now();
  const writes = await Promise.all(Array.from({ length: 20 }, (_, i) => stage.put(`held ${i}`)));
  const waited = Math.round(performance.now() - started);
  assert.deepEqual(new Set(writes.map(statusOf)), new Set(["10 TRANSACTION_CONFLICT"]));
  assert.equal((await stage.get("before")).ok, true);
  await stage.healthIs(true);
  other.exec("ROLLBACK");
  other.close();
  assert.equal(statusOf(await stage.put("after")), "0");
  for (let i = 0; i < 20; i += 1) await stage.isAbsent(`held ${i}`);
  await stage.nothingLost();
  await stage.close();
  return {
    saw: `${stage.saw()} after ${waited} ms (timeout 300 ms)`,
    health: "SERVING throughout: reads went on",
    afterwards: "no refused row there; the first write after the release was taken",
  };
}

/** What came of it: sums are exact, and of every contended address one account was made. */
interface Counts {
  increments: number;
  conflicts: number;
  readonly winners: Map<string, number>;
}

async function together(count: number, rounds: number): Promise<Told> {
  const stage = await Stage.open();
  const others = await Promise.all(
    Array.from({ length: count - 1 }, (_, i) => {
      const directory = join(stage.directory, `sidecar-${i}`);
      mkdirSync(directory);
      return serve(directory, stage.file);
    }),
  );
  const sidecars = [stage.sidecar, ...others];
  const counts: Counts = { increments: 0, conflicts: 0, winners: new Map() };
  const started = performance.now();
  await Promise.all(
    sidecars.flatMap((sidecar, number) =>
      [0, 1, 2].map((lane) => client(sidecar, `${number}-${lane}`, rounds, counts)),
    ),
  );
  const seconds = (performance.now() - started) / 1_000;
  for (const sidecar of sidecars) {
    const total = await ask(sidecar, `${accounts}/Get`, { key: { id: "shared" } });
    assert.equal(
      numberOf(part(total, "entity", "plainCount")),
      counts.increments,
      "an increment was lost or done twice",
    );
    const { count: rows } = await ask(sidecar, `${plains}/Count`, {});
    assert.equal(numberOf(rows), count * 3 * rounds, "a row was lost");
  }
  assert.equal(counts.winners.size, rounds);
  for (const [email, winners] of counts.winners) assert.equal(winners, 1, `${email} was given ${winners} times`);
  for (const sidecar of others) {
    sidecar.client.close();
    assert.equal(await sidecar.stop(), 0);
  }
  await stage.healthIs(true);
  await stage.close();
  const calls = count * 3 * rounds * 5;
  return {
    saw: `${counts.conflicts === 0 ? "nothing" : `10 TRANSACTION_CONFLICT ${counts.conflicts} times, then taken`}; 6 UNIQUE_VIOLATION for all but one`,
    health: "SERVING",
    afterwards: `${calls} calls in ${seconds.toFixed(1)} s; the sum of ${counts.increments} increments is exact on each, ${rounds} contended addresses given once each`,
  };
}

async function client(sidecar: Sidecar, name: string, rounds: number, counts: Counts): Promise<void> {
  for (let i = 0; i < rounds; i += 1) {
    await insist(counts, () => sidecar.call(`${accounts}/Update`, {
      entity: { id: "shared" }, increment: { plainCount: "1" }, allowMissing: true,
    }, slow)); // prettier-ignore
    counts.increments += 1;
    const email = `contended-${i}`;
    const created = await insist(counts, () =>
      sidecar.call(`${accounts}/Create`, { entity: { id: `${name}/${i}`, email } }, slow),
    );
    if (created.ok) counts.winners.set(email, (counts.winners.get(email) ?? 0) + 1);
    else assert.equal(statusOf(created), "6 UNIQUE_VIOLATION");
    const id = `${name}/${i}`;
    await insist(counts, () => sidecar.call(`${plains}/Put`, { entity: { id, count: String(i) } }, slow));
    const found = await ask(sidecar, `${plains}/Get`, { key: { id } });
    assert.equal(numberOf(part(found, "entity", "count")), i, "a sidecar does not see its own write");
    await ask(sidecar, `${plains}/List`, { pageSize: 20 });
  }
}

const slow = { timeout: 30_000 };

/** ABORTED says that nothing happened, so it is asked again. */
async function insist(counts: Counts, call: () => Promise<Outcome>): Promise<Outcome> {
  for (;;) {
    const outcome = await call();
    if (outcome.ok || outcome.reason === "UNIQUE_VIOLATION") return outcome;
    assert.equal(statusOf(outcome), "10 TRANSACTION_CONFLICT");
    counts.conflicts += 1;
  }
}

async function killed(): Promise<Told> {
  const stage = await Stage.open();
  const directory = join(stage.directory, "victim");
  mkdirSync(directory);
  const victim = await serve(directory, stage.file);
  const ledger = { sent: 0, acknowledged: 0, survivor: 0, victim: 0 };
  let isOver = false;
  const write = async (sidecar: Sidecar, lane: number, whose: "survivor" | "victim"): Promise<void> => {
    for (let i = 0; !isOver; i += 1) {
      const id = `${whose}-${lane}-${i}`;
      const put = await sidecar.call(`${plains}/Put`, { entity: { id, count: String(i + 1) } }, slow);
      if (put.ok) stage.acknowledged.set(id, i + 1);
      ledger.sent += 1;
      const counted = await sidecar.call(
        `${accounts}/Update`,
        { entity: { id: "shared" }, increment: { plainCount: "1" }, allowMissing: true },
        slow,
      );
      if (counted.ok) ledger.acknowledged += 1;
      if (put.ok && counted.ok) ledger[whose] += 1;
      else if (whose === "victim") return;
      else assert.fail(`the survivor answered ${statusOf(put)}, ${statusOf(counted)}`);
      if (ledger.victim === 300) void victim.stop("SIGKILL");
      if (ledger.victim >= 300 && ledger.survivor > 800) isOver = true;
    }
  };
  const lanes = [0, 1, 2, 3, 4, 5, 6, 7];
  await Promise.all(lanes.flatMap((i) => [write(stage.sidecar, i, "survivor"), write(victim, i, "victim")]));
  await victim.stop("SIGKILL");
  victim.client.close();
  const kept = await stage.nothingLost();
  const total = await ask(stage.sidecar, `${accounts}/Get`, { key: { id: "shared" } });
  const sum = numberOf(part(total, "entity", "plainCount"));
  assert.ok(sum >= ledger.acknowledged && sum <= ledger.sent, `${sum} of ${ledger.acknowledged} to ${ledger.sent}`);
  const again = await serve(directory, stage.file);
  await stage.nothingLost(again);
  again.client.close();
  assert.equal(await again.stop(), 0);
  await stage.healthIs(true);
  await stage.close();
  return {
    saw: "callers of the other one: nothing; of the killed one: 14 from the transport",
    health: "SERVING",
    afterwards: `${kept} acknowledged rows of both there; sum ${sum}, acknowledged ${ledger.acknowledged}, sent ${ledger.sent}`,
  };
}
