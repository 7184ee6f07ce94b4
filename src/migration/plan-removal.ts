/** What becomes of an entity that is no longer declared: it is kept, and dropped only when asked for by name. */

import type { StoredContract } from "./contract.ts";
import type { Plan, StoreAbilities } from "./plan.ts";

export function planRemoval({ contract, revision, digest }: StoredContract, { locks }: StoreAbilities): Plan {
  const { entity, table } = contract;
  return {
    entity,
    table,
    revision,
    from: digest,
    to: "",
    isEarlier: false,
    steps: [
      {
        class: "destructive",
        by: "accept",
        accept: entity,
        entity,
        subject: "",
        from: `table ${table}`,
        to: "nothing",
        what: `it is not declared here any more; the table ${table} and every row are kept until that is asked for by name`,
        blocks: false,
        locks: locks.drop,
        back: "declare the entity again; once dropped, the rows are gone",
        work: { kind: "drop table" },
      },
    ],
    next: contract,
  };
}
