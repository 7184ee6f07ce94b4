/** Header fields: one of them, the static table that both sides know (RFC 7541, appendix A), and the table that grows (section 2.3.2). */

export interface Field {
  readonly name: string;
  readonly value: string;
  /** As tables and limits count it (RFC 7541, 4.1). */
  readonly size: number;
  /** Whether its name or value holds what HTTP forbids (RFC 9113, 8.2.1). */
  readonly isFlawed: boolean;
}

/** What each field counts beside its bytes. */
export const FIELD_OVERHEAD = 32;

export function createField(name: string, value: string): Field {
  return {
    name,
    value,
    size: FIELD_OVERHEAD + name.length + value.length,
    isFlawed: !isName(name) || !isValue(value),
  };
}

/** Lower-case letters, digits and the signs of a token; a colon only in front. */
const nameCharacters = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
  nameCharacters[character.charCodeAt(0)] = 1;

function isName(name: string): boolean {
  const start = name.charCodeAt(0) === 58 ? 1 : 0;
  if (name.length === start) return false;
  for (let at = start; at < name.length; at++) if (nameCharacters[name.charCodeAt(at)] !== 1) return false;
  return true;
}

/** No control characters, and no blank or tab at either end. */
function isValue(value: string): boolean {
  const { length } = value;
  if (length === 0) return true;
  if (isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(length - 1))) return false;
  for (let at = 0; at < length; at++) {
    const code = value.charCodeAt(at);
    if ((code < 32 && code !== 9) || code === 127) return false;
  }
  return true;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

const staticFields: readonly (readonly [name: string, value?: string])[] = [
  [":authority"], [":method", "GET"], [":method", "POST"], [":path", "/"], [":path", "/index.html"], [":scheme", "http"],
  [":scheme", "https"], [":status", "200"], [":status", "204"], [":status", "206"], [":status", "304"], [":status", "400"],
  [":status", "404"], [":status", "500"], ["accept-charset"], ["accept-encoding", "gzip, deflate"], ["accept-language"],
  ["accept-ranges"], ["accept"], ["access-control-allow-origin"], ["age"], ["allow"], ["authorization"], ["cache-control"],
  ["content-disposition"], ["content-encoding"], ["content-language"], ["content-length"], ["content-location"],
  ["content-range"], ["content-type"], ["cookie"], ["date"], ["etag"], ["expect"], ["expires"], ["from"], ["host"],
  ["if-match"], ["if-modified-since"], ["if-none-match"], ["if-range"], ["if-unmodified-since"], ["last-modified"],
  ["link"], ["location"], ["max-forwards"], ["proxy-authenticate"], ["proxy-authorization"], ["range"], ["referer"],
  ["refresh"], ["retry-after"], ["server"], ["set-cookie"], ["strict-transport-security"], ["transfer-encoding"],
  ["user-agent"], ["vary"], ["via"], ["www-authenticate"],
]; // prettier-ignore

/** By index less one. */
export const STATIC_TABLE: readonly Field[] = staticFields.map(([name, value = ""]) => createField(name, value));

/** The fields that one side had the other remember, newest first; the oldest leave when there is no room. */
export class DynamicTable {
  /** Oldest first, from `#first` on. */
  #fields: Field[] = [];
  #first = 0;
  #limit: number;
  /** Sum of the fields' sizes. */
  size = 0;
  /** Changes whenever an index may mean another field than before. */
  generation = 0;

  /** `limit`: most of the sum of sizes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#fields.length - this.#first;
  }

  get limit(): number {
    return this.#limit;
  }

  /** `index` counts from 0, the newest. */
  at(index: number): Field | undefined {
    return index < this.count ? this.#fields[this.#fields.length - 1 - index] : undefined;
  }

  resize(limit: number): void {
    this.#limit = limit;
    this.generation += 1;
    this.#evict(limit);
  }

  /** A field that is larger than the table empties it (RFC 7541, 4.4). */
  add(field: Field): void {
    this.generation += 1;
    this.#evict(this.#limit - field.size);
    if (field.size > this.#limit) return;
    this.#fields.push(field);
    this.size += field.size;
  }

  #evict(most: number): void {
    while (this.size > most && this.#first < this.#fields.length) {
      this.size -= this.#fields[this.#first]?.size ?? 0;
      this.#first += 1;
    }
    if (this.#first === this.#fields.length) this.#fields = [];
    else if (this.#first > 64) this.#fields = this.#fields.slice(this.#first);
    else return;
    this.#first = 0;
  }
}
