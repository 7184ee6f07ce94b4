/** What of a table, or of the rows in it, is not as it should be. */

import type { KeyNames } from "../items/path.ts";

export interface Finding {
  readonly what: string;
  /** What makes it right by itself; undefined where nothing does. */
  readonly mend?: "table" | "index" | "rows" | "settings" | undefined;
  /** Concerns the entities alone that read by it. */
  readonly index?: KeyNames;
  /** The database does not say, so nothing is known to be wrong. */
  readonly isUnknown?: true;
}
