/** Several hosts of one database. */

import type { Link } from "./link.ts";
import type { Host } from "../settings.ts";

/** Connects to one host after the other until one answers, first to the one that did last. */
export function connectorOf(hosts: readonly Host[], connect: (host: Host) => Promise<Link>): () => Promise<Link> {
  let first = 0;
  return async () => {
    let failure: unknown;
    for (let i = 0; i < hosts.length; i += 1) {
      const at = (first + i) % hosts.length;
      const host = hosts[at];
      if (!host) break;
      try {
        const link = await connect(host);
        first = at;
        return link;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
}
