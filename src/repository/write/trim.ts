/** Answers of many writes or operations: what no longer fits holds its key alone, and is marked. */

import { recordBytes } from "../../model/size.ts";
import type { RepositoryLimits } from "../limits.ts";
import type { Projected } from "../operation.ts";
import type { EntityLayout } from "../entity-layout.ts";

export interface Trimmed {
  readonly entity: Projected;
  readonly trimmed: boolean;
}

/** Asked in the order of the answers; the first fits unless its row is too large for any answer. */
export interface Trimming {
  fit(layout: EntityLayout, entity: Projected): Trimmed;
}

export function createTrimming({ answerBytes, answerRowBytes }: RepositoryLimits): Trimming {
  let bytes = 0;
  return {
    fit: (layout, entity) => {
      const size = recordBytes(layout.entity.message, entity.record, entity.fields);
      if (size > answerRowBytes || (bytes > 0 && bytes + size > answerBytes))
        return {
          entity: { record: entity.record, fields: layout.keyOrdinals.toSorted((a, b) => a - b) },
          trimmed: true,
        };
      bytes += size;
      return { entity, trimmed: false };
    },
  };
}
