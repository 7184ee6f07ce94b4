// Three nodes, every row on each, of which one and then two are killed: what each level comes to, and that no increment is lost.
import { randomUUID } from "node:crypto";
import { env } from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCluster, type Cluster } from "../servers/cassandra-cluster.ts";
import { openSides, type Sides } from "./sides.ts";
import { counted, levels, until } from "./trouble.ts";

describe.skipIf(env["PANNIER_TEST_SERVERS"] !== "all")(
  "three nodes with PANNIER_TEST_SERVERS=all",
  { timeout: 600_000 },
  () => {
    const userAddress = `0x${randomUUID()}`;
    let cluster: Cluster;
    let sides: Sides;
    beforeAll(async () => {
      cluster = await startCluster({ nodes: 3, heap: 160 });
      sides = await openSides(await cluster.keyspace(3));
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
