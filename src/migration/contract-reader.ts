/** JSON members read with their type, or a ContractError that says which is wrong. */

/** A contract's text that cannot be read; the message completes "the contract in the store cannot be used: …". */
export class ContractError extends Error {
  override readonly name = "ContractError";
}

export type JsonObject = { readonly [name: string]: unknown };

/** @throws ContractError */
export function parseObject(text: string): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new ContractError("it is not JSON");
  }
  return objectOf(parsed, "it");
}

export class Reader {
  readonly #object: JsonObject;
  readonly #place: string;

  constructor(object: JsonObject, place: string) {
    this.#object = object;
    this.#place = place;
  }

  text(name: string): string {
    const value = this.#object[name];
    return typeof value === "string" ? value : this.#refuse(name, "a text");
  }

  optionalText(name: string): string | undefined {
    return this.#object[name] === undefined ? undefined : this.text(name);
  }

  number(name: string): number {
    const value = this.#object[name];
    return Number.isSafeInteger(value) ? Number(value) : this.#refuse(name, "a whole number");
  }

  optionalNumber(name: string): number | undefined {
    return this.#object[name] === undefined ? undefined : this.number(name);
  }

  flag(name: string): boolean {
    const value = this.#object[name];
    return typeof value === "boolean" ? value : this.#refuse(name, "true or false");
  }

  object(name: string): Reader {
    return new Reader(objectOf(this.#object[name], `${this.#place}.${name}`), `${this.#place}.${name}`);
  }

  list(name: string): readonly Reader[] {
    const value = this.#object[name];
    if (!Array.isArray(value)) return this.#refuse(name, "a list");
    return value.map((item: unknown, i) => {
      const place = `${this.#place}.${name}[${i}]`;
      return new Reader(objectOf(item, place), place);
    });
  }

  #refuse(name: string, wanted: string): never {
    throw new ContractError(`${this.#place}.${name} is not ${wanted}`);
  }
}

function objectOf(value: unknown, place: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ContractError(`${place} is not an object`);
  }
  // Any object that is not a list has members by name.
  return value as JsonObject;
}
