// A database server that is killed and comes back: what callers are told meanwhile, and how soon the store serves again. By hand.
//   node test/duress/recovery.ts [--servers postgresql,mariadb,mysql,tidb] [--times 3]
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { stdout } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startSidecar, testEntities, type Sidecar } from "../integration/sidecar.ts";
import { ownServerKinds, startOwnServer, type OwnServerKind } from "../servers/own-server.ts";

const accounts = "test.v1.AccountRepository";

/** Milliseconds that the server is away, so that the breaker opens. */
const AWAY = 3_000;

/** What callers may be told while it is away. */
const TOLD = new Set(["14 STORE_UNAVAILABLE", "2 WRITE_OUTCOME_UNKNOWN", "4 DEADLINE_EXCEEDED"]);

async function recover(kind: OwnServerKind, times: number): Promise<void> {
  const server = await startOwnServer(kind);
  const environment = { PANNIER_STORES_DEFAULT_URL: await server.database() };
  const sidecar = await startSidecar({ environment, descriptors: testEntities });
  try {
    for (let i = 0; i < times; i += 1) {
      const calls = new Writers(sidecar, `${kind}-${i}`);
      await calls.until(() => calls.acknowledged.length > 20);
      await server.stop("SIGKILL");
      await wait(AWAY);
      await server.start();
      const began = performance.now();
      const before = calls.acknowledged.length;
      await calls.until(() => calls.acknowledged.length > before);
      const ms = performance.now() - began;
      await calls.end();
      const strange = [...calls.told.keys()].filter((said) => !TOLD.has(said));
      assert.deepEqual(strange, []);
      for (const id of calls.acknowledged)
        assert.ok((await sidecar.call(`${accounts}/Get`, { key: { id } })).ok, `acknowledged and lost: ${id}`);
      const said = [...calls.told].map(([text, count]) => `${count} ${text}`).join(", ");
      stdout.write(`${kind}: a write succeeds ${ms.toFixed(0)} ms after the server answers again; ${calls.acknowledged.length} acknowledged, none lost; told meanwhile: ${said}\n`);
    }
  } finally {
    await sidecar.dispose();
    await rm(sidecar.directory, { recursive: true, force: true });
    await server.end();
  }
} // prettier-ignore

/** Eight callers that create rows all the time. */
class Writers {
  readonly acknowledged: string[] = [];
  /** By code and reason. */
  readonly told = new Map<string, number>();
  readonly #running: Promise<unknown>;
  #isOver = false;

  constructor(sidecar: Sidecar, prefix: string) {
    let next = 0;
    const work = async (): Promise<void> => {
      while (!this.#isOver) {
        const id = `${prefix}-${next++}`;
        const outcome = await sidecar.call(`${accounts}/Create`, { entity: { id } }, { timeout: 5_000 });
        if (outcome.ok) this.acknowledged.push(id);
        else {
          const said = `${outcome.code} ${outcome.reason}`;
          this.told.set(said, (this.told.get(said) ?? 0) + 1);
        }
        await wait(10);
      }
    };
    this.#running = Promise.all(Array.from({ length: 8 }, work));
  }

  async until(holds: () => boolean): Promise<void> {
    for (let i = 0; !holds(); i += 1) {
      assert.ok(i < 12_000, "a minute");
      await wait(5);
    }
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }
}

const { values } = parseArgs({
  options: { servers: { type: "string", default: ownServerKinds.join() }, times: { type: "string", default: "3" } },
});
for (const kind of ownServerKinds)
  if (values.servers.split(",").includes(kind)) await recover(kind, Number(values.times));
