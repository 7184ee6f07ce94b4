/**
 * Whether the file is still the one that was opened. It outlives handles, because what may be opened next depends on
 * what was open before: beside the -wal file of another database SQLite would mix the two.
 */

import { statSync } from "node:fs";
import { Fault } from "../../model/fault.ts";

export interface FileWatch {
  /** Before a handle is opened. Throws where the -wal file beside the database belongs to the one before. */
  admit(): void;
  /** After a handle was opened. */
  opened(): void;
  /** Whether the file was neither removed nor replaced since it was opened. */
  isSame(): boolean;
  /** Whether what is open is another file than the one that was opened first. */
  isAnother(): boolean;
  /** The file that is open is taken for the first from now on: it was looked at. */
  accept(): void;
}

export function watchFile(path: string): FileWatch {
  const wal = `${path}-wal`;
  let first: string | undefined;
  let open: string | undefined;
  let openWal: string | undefined;

  return {
    admit: () => {
      if (open === undefined || openWal === undefined) return;
      const now = identityOf(path);
      if (now === undefined || now === open) return;
      if (identityOf(wal) !== openWal || sizeOf(wal) === 0) return;
      throw new Fault(
        "STORE_UNAVAILABLE",
        "the database file was replaced, but the -wal file of the one before is still beside it",
        { retryAfter: 1_000 },
      );
    },
    opened: () => {
      open = identityOf(path);
      openWal = identityOf(wal);
      first ??= open;
    },
    isSame: () => {
      if (identityOf(path) !== open) return false;
      openWal = identityOf(wal) ?? openWal;
      return true;
    },
    isAnother: () => open !== first,
    accept: () => {
      first = open;
    },
  };
}

function identityOf(path: string): string | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  return status && `${status.dev}:${status.ino}`;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
