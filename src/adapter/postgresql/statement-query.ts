/** A statement as the driver sends it: rows are taken as they come, positional and as text, and are not described. */

import type { Query } from "pg";
import type { Answer } from "../sql/server/connection/link.ts";

/** Bytes go as they are, everything else as text. */
export type WireValue = string | Buffer | null;

export interface Sent {
  readonly text: string;
  /** Under which it is prepared; empty where it is not kept. */
  readonly name: string;
  readonly values: readonly WireValue[];
  readonly done: (answer: Answer) => void;
  /** With what the server answered, or with why the connection broke. */
  readonly failed: (error: unknown) => void;
}

export type StatementQuery = new (sent: Sent) => Query;

/** What the driver lets a query do with its connection; most of it is not in its types. */
interface Wire {
  /** Text by name: prepared at the server, or under way there. */
  readonly parsedStatements: Readonly<Record<string, string>>;
  readonly submittedNamedStatements: Record<string, string>;
  parse(statement: { readonly text: string; readonly name: string }): void;
  bind(values: { readonly statement: string; readonly values: readonly WireValue[] }): void;
  execute(): void;
  sync(): void;
}

/**
 * The driver's own query with other ears: `handle…` are the methods that it calls on whatever is submitted to it (its cursors have them too), and a
 * connection that pipelines takes descendants of its Query alone.
 *
 * Its own way costs more for each row (a second array, an event, a parser for each value), for each statement (a description of all
 * columns, read anew), and its promises keep the rows of half of all answers alive until a full collection, so that young collections copy them.
 */
export function statementQuery(Driver: typeof Query): StatementQuery {
  return class extends Driver {
    /** The driver's, and not in its types: what it is prepared under; that there is one way to be sent, with values or without. */
    declare name: string;
    declare queryMode: "extended";
    readonly #sent: Sent;
    readonly #rows: (readonly (string | null)[])[] = [];
    #affected = 0;

    constructor(sent: Sent) {
      super(sent.text); // it would copy an object, property by property
      this.#sent = sent;
      this.name = sent.name;
      this.queryMode = "extended";
    }

    /** As the driver's, but for the description. */
    prepare(wire: Wire): void {
      const { name, text, values } = this.#sent;
      if (name === "" || !(name in wire.parsedStatements || name in wire.submittedNamedStatements)) {
        wire.parse({ text, name });
        if (name !== "") wire.submittedNamedStatements[name] = text;
      }
      wire.bind({ statement: name, values });
      wire.execute();
      wire.sync();
    }

    handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
      this.#rows.push(fields);
    }

    /** @param text `INSERT 0 1`, `UPDATE 1`, `SELECT 1`, or without a number */
    handleCommandComplete({ text }: { readonly text: string }): void {
      this.#affected = Number(text.slice(text.lastIndexOf(" ") + 1)) || 0;
    }

    handleReadyForQuery(): void {
      this.#sent.done({ rows: this.#rows, affected: this.#affected });
    }

    handleError(error: unknown): void {
      this.#sent.failed(error);
    }
  };
}
