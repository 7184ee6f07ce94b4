/** Names of our own in the database. */

import type { IndexModel } from "../../../model/entity.ts";

/** What they begin with; no field of an entity may. */
export const OURS = "pannier_";

/** Names of indexes have three characters at least. */
export function indexName({ physical, name }: IndexModel): string {
  return (physical ?? name).padEnd(3, "_");
}
