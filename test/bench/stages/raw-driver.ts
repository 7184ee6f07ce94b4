/** cassandra-driver in this process, prepared and token-aware, on the same table: what a service without a sidecar would do. */

import { Client, policies, types } from "cassandra-driver";
import { expect, nth, type OpenStage } from "../stage.ts";

export const openRawDriver: OpenStage = async (place, inputs) => {
  const url = new URL(place);
  const client = new Client({
    contactPoints: [url.host],
    keyspace: url.pathname.slice(1),
    policies: {
      loadBalancing: new policies.loadBalancing.TokenAwarePolicy(new policies.loadBalancing.RoundRobinPolicy()),
    },
    pooling: { coreConnectionsPerHost: { [types.distance.local]: 1 }, maxRequestsPerConnection: 32_768 },
    encoding: { useBigIntAsLong: true, useBigIntAsVarint: true, map: Map },
  });
  await client.connect();
  const options = { prepare: true, consistency: types.consistencies.quorum };
  const get = async (id: string): Promise<void> => {
    const { rows } = await client.execute("SELECT * FROM orders WHERE id = ?", [id], options);
    expect(rows.length === 1, "no row");
  };
  return {
    server: undefined,
    operations: {
      Get: (n) => get(nth(inputs.ids, n)),
      // As applications do it: a hundred point reads at once.
      BatchGet: async (n) => void (await Promise.all(nth(inputs.batches, n).map(get))),
    },
    close: () => client.shutdown(),
  };
};
