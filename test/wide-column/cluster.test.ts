// Three nodes, every row on each, of which one stands still, and one and then two are killed: what each level comes to, and that no increment is lost.
import { randomUUID } from "node:crypto";
import { env } from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReadOutcome } from "../../src/adapter/adapter.ts";
import { loadSchema } from "../../src/schema/load-schema.ts";
import { testCall } from "../conformance/rows.ts";
import { openAdapter } from "../conformance/stores.ts";
import { manualClock } from "../conformance/subject.ts";
import { startCluster, type Cluster } from "../servers/cassandra-cluster.ts";
import { openSides, type Sides } from "./sides.ts";
import { counted, levels, until } from "./trouble.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const schema = await loadSchema({
  sources: [here("../../proto")],
  cacheDir: here("../../node_modules/.cache/pannier-schema"),
});
const users = schema.entities.map(({ model }) => model).find(({ name }) => name === "triggerx.v1.UserData")!;

describe.skipIf(env["PANNIER_TEST_SERVERS"] !== "all")(
  "three nodes with PANNIER_TEST_SERVERS=all",
  { timeout: 600_000 },
  () => {
    const userAddress = `0x${randomUUID()}`;
    let cluster: Cluster;
    let url: string;
    let sides: Sides;
    beforeAll(async () => {
      cluster = await startCluster({ nodes: 3, heap: 160 });
      url = await cluster.keyspace(3);
      sides = await openSides(url);
      await sides.surely("triggerx.v1.UserDataRepository/Create", { entity: { userAddress, totalJobs: "0" } });
    }, 600_000);
    afterAll(async () => {
      await sides.close();
      await cluster.close();
    });

    /** Hosts that just started or ended are noticed a moment later. */
    const settled = (told: string): Promise<string> => until(() => levels(sides, userAddress), (now) => now === told); // prettier-ignore

    test("give every level while all are there", async () => {
      const told = "ONE ok/ok, QUORUM ok/ok, ALL ok/ok, SERIAL ok/ok, EACH_QUORUM ok/ok";
      expect(await settled(told)).toBe(told);
    });

    test("answer reads, with speculative_ms, although one of them stands still", async () => {
      const opening = { store: "wide", dataDir: "", clock: manualClock(), entities: [users], tables: "check" } as const;
      const adapter = await openAdapter({ ...opening, url: `${url}&speculative_ms=100` });
      const read = (key: string): Promise<readonly ReadOutcome[]> => {
        const request = { keys: [{ entity: users, key: [key] }], fields: undefined, consistency: "one" } as const;
        return adapter.read(request, testCall());
      };
      // One by one, so that every third would wait for the node that stands still, if no other were asked.
      const nine = async (): Promise<string> => {
        await read(userAddress); // prepared
        await cluster.nodes[2]?.signal("SIGSTOP");
        try {
          for (let turn = 0; turn < 9; turn += 1) expect(await read(userAddress)).toMatchObject([{ status: "found" }]);
          return "answered";
        } catch (error) {
          return String(error);
        } finally {
          await cluster.nodes[2]?.signal("SIGCONT");
        }
      };
      try {
        // The other two may be slow for a moment, too: they have the machine to share with all other tests.
        expect(await until(nine, (told) => told === "answered", 3)).toBe("answered");
      } finally {
        await adapter.close();
      }
    });

    // A write that asks for ALL is decided, and done, before its level is looked at: whoever is told UNAVAILABLE would send it again.
    test("give every level but ALL without one of them, and lose no increment", async () => {
      await cluster.nodes[2]?.signal("SIGKILL");
      const told = "ONE ok/ok, QUORUM ok/ok, ALL UNAVAILABLE/WRITE_OUTCOME_UNKNOWN, SERIAL ok/ok, EACH_QUORUM ok/ok";
      expect(await settled(told)).toBe(told);
      expect(await counted(sides, userAddress, 10)).toMatch(/the sum is \d+/u);
    });

    test("write nothing without two of them", async () => {
      await cluster.nodes[1]?.signal("SIGKILL");
      const told = await until(() => levels(sides, userAddress), (now) => !/\/ok/u.test(now)); // prettier-ignore
      expect(told).toMatch(/^ONE .*\/UNAVAILABLE, QUORUM UNAVAILABLE\/UNAVAILABLE, .*SERIAL UNAVAILABLE\/UNAVAILABLE/u);
    });
  },
);
