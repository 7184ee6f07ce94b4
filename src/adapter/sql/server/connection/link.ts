/** A connection to a database server, as a driver gives it. */

import type { SqlValue } from "../../sql-value.ts";

export interface Statement {
  readonly text: string;
  /** In the order of the text. */
  readonly parameters: readonly SqlValue[];
  /** Whether its text comes again and again, so that it is worth preparing. */
  readonly repeated?: boolean;
  /** Whether it has rows of several callers: it fails soon where another transaction holds one, unless its text says so already. */
  readonly shared?: boolean;
}

export interface Answer {
  readonly rows: readonly (readonly SqlValue[])[];
  /** Rows inserted, changed or removed. */
  readonly affected: number;
}

export interface Link {
  /** Sends at once; statements are answered in the order they were sent. Rejects with the driver's own error, or with LinkLost. */
  run(statement: Statement): Promise<Answer>;
  /**
   * How long the server itself may work on each statement from now on, about; it is told with the next one, where it is another than before.
   * Must not be called in a transaction.
   *
   * @param left milliseconds; Infinity for what the store's settings say
   */
  limit(left: number): void;
  /** As the server said last. */
  isInTransaction(): boolean;
  /** Nothing more can be sent. */
  isLost(): boolean;
  /** Asks the server to give up what runs. Best effort: nothing is answered. */
  cancel(): void;
  /** Closes it, whatever runs. */
  end(): void;
}

/** The connection broke after the statement was sent: whether it was executed is not known. */
export class LinkLost extends Error {
  override readonly name = "LinkLost";

  constructor(cause?: unknown) {
    super("the connection broke", { cause });
  }
}
