/**
 * JSON text read in place, as the codecs know what comes: no objects are made of it first. What is written in another way than documents usually are
 * is not understood here, and left to `JSON.parse` (`readDocument`).
 */

import { DocumentError } from "./json.ts";

/** Thrown where the text is not the usual one. Made once: the trace of a new one would cost more than reading anew. */
const UNUSUAL = new DocumentError("a document that is not written as usual");

/** The characters that tell what comes. */
export const BEGINS = { text: 0x22, list: 0x5b, object: 0x7b, true: 0x74, false: 0x66, null: 0x6e } as const;
const ENDS = { list: 0x5d, object: 0x7d } as const;
export const COLON = 0x3a;
const [SPACE, QUOTE, COMMA, MINUS, POINT, ZERO, NINE] = [0x20, 0x22, 0x2c, 0x2d, 0x2e, 0x30, 0x39];

const [LOWER_CASE, LETTER_E] = [0x20, 0x65];

/** https://www.rfc-editor.org/rfc/rfc8259#section-6 */
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** So many digits are exact in a double. */
const EXACT_DIGITS = 15;

export class JsonText {
  readonly #text: string;
  #at = 0;

  /** @param text without a backslash */
  constructor(text: string) {
    this.#text = text;
  }

  /** The next character, behind one space as databases write it. */
  peek(): number {
    const code = this.#text.charCodeAt(this.#at);
    return code === SPACE ? this.#text.charCodeAt((this.#at += 1)) : code;
  }

  /** Passes over a character, where it is the next. */
  takes(code: number): boolean {
    if (this.peek() !== code) return false;
    this.#at += 1;
    return true;
  }

  expect(code: number): void {
    if (!this.takes(code)) throw UNUSUAL;
  }

  /** Reads a list or an object, part by part. */
  each(kind: "list" | "object", read: () => void): void {
    const close = ENDS[kind];
    this.expect(BEGINS[kind]);
    if (this.takes(close)) return;
    do read();
    while (this.takes(COMMA));
    this.expect(close);
  }

  /** The name of a member that is a number, and the colon behind it. */
  memberNumber(): number {
    this.expect(QUOTE);
    const start = this.#at;
    let number = 0;
    let code = this.#text.charCodeAt(this.#at);
    for (; code >= ZERO && code <= NINE; code = this.#text.charCodeAt((this.#at += 1)))
      number = number * 10 + (code - ZERO);
    if (code !== QUOTE || this.#text.charCodeAt(start) === ZERO || this.#at - start > EXACT_DIGITS) throw UNUSUAL;
    this.#at += 1;
    this.expect(COLON);
    return number;
  }

  string(): string {
    this.expect(QUOTE);
    const text = this.#text;
    const start = this.#at;
    let at = start;
    let code = text.charCodeAt(at);
    while (code !== QUOTE && code >= SPACE) code = text.charCodeAt((at += 1));
    if (code !== QUOTE) throw UNUSUAL; // a control character, or the end
    this.#at = at + 1;
    return text.slice(start, at);
  }

  number(): number {
    const start = this.peek() === MINUS ? this.#at + 1 : this.#at;
    const text = this.#text;
    let size = 0;
    let at = start;
    let code = text.charCodeAt(at);
    for (; code >= ZERO && code <= NINE; code = text.charCodeAt((at += 1))) size = size * 10 + (code - ZERO);
    const isShort = at > start && at - start <= EXACT_DIGITS && (at === start + 1 || text.charCodeAt(start) !== ZERO);
    if (!isShort || code === POINT || (code | LOWER_CASE) === LETTER_E) return this.#anyNumber();
    const isNegative = start > this.#at;
    this.#at = at;
    return isNegative ? -size : size;
  }

  #anyNumber(): number {
    NUMBER.lastIndex = this.#at;
    const [found] = NUMBER.exec(this.#text) ?? [];
    if (found === undefined) throw UNUSUAL;
    this.#at += found.length;
    return Number(found);
  }

  word(word: "true" | "false" | "null"): void {
    if (!this.#text.startsWith(word, this.#at)) throw UNUSUAL;
    this.#at += word.length;
  }

  isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }
}

/** A map's entries, see `pairsOf`. */
export function readPairs<Name, Item>(
  text: JsonText,
  nameOf: (name: string) => Name,
  read: () => Item,
): Map<Name, Item> {
  const map = new Map<Name, Item>();
  text.each("list", () => {
    text.expect(BEGINS.list);
    const name = nameOf(text.string());
    text.expect(COMMA);
    map.set(name, read());
    text.expect(ENDS.list);
  });
  return map;
}

export function readBool(text: JsonText): boolean {
  const isTrue = text.peek() === BEGINS.true;
  text.word(isTrue ? "true" : "false");
  return isTrue;
}

export function unusual(): DocumentError {
  return UNUSUAL;
}
