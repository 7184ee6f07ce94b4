/** Text and its parameters, put together in the order of the text. */

import type { SqlValue } from "../sql-value.ts";
import type { Statement } from "./connection/link.ts";

export class StatementText {
  readonly parameters: SqlValue[] = [];
  readonly #parts: string[] = [];
  readonly #place: string;

  /** @param place how the dialect writes the place of a parameter */
  constructor(place: string) {
    this.#place = place;
  }

  add(text: string): void {
    this.#parts.push(text);
  }

  /** The place of a value. */
  take(value: SqlValue): string {
    this.parameters.push(value);
    return this.#place;
  }

  statement(): Statement {
    return { text: this.#parts.join(""), parameters: this.parameters, repeated: true };
  }
}
