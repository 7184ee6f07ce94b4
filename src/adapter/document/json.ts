/** JSON as the document codecs pass it around. */

import { isMap, type Value } from "../../model/value.ts";

/** What JSON.stringify takes and JSON.parse gives. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Stored JSON that is not what the field's type says. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
}

/** Stored text that is not JSON is a DocumentError. */
export function parseJson(text: string): Json {
  try {
    // JSON.parse answers `any`; what it makes is Json by definition.
    return JSON.parse(text) as Json;
  } catch {
    throw new DocumentError("stored text is not JSON");
  }
}

/** Without a prototype, so that "__proto__" is a name like any other. */
export function emptyObject(): { [name: string]: Json } {
  // Object.create answers `any`.
  return Object.create(null) as { [name: string]: Json };
}

export function objectOf(json: Json): { readonly [name: string]: Json } {
  if (json === null || typeof json !== "object" || isJsonList(json)) {
    throw new DocumentError("a stored message is not a JSON object");
  }
  return json;
}

/**
 * A map's entries: an array of `[key, value]`. Keys are user text, and never the names of members: `JSON.parse` of Node 24
 * may give such a name back wrong (see `src/cli/runtime-faults.ts`).
 */
export function pairsOf(json: Json): readonly (readonly [string, Json])[] {
  if (!isJsonList(json)) throw new DocumentError("a stored map is not a JSON array");
  return json.map((pair) => {
    if (!isJsonList(pair)) throw new DocumentError("a stored map's entry is not a pair");
    const [key, value] = pair;
    if (typeof key !== "string" || value === undefined) throw new DocumentError("a stored map's entry is not a pair");
    return [key, value];
  });
}

/** The text of a map's entries. */
export function writePairs(map: Value | undefined, write: (item: Value) => string): string {
  if (!isMap(map)) return "[]";
  let text = "";
  for (const [key, item] of map) text += `${text === "" ? "" : ","}[${JSON.stringify(String(key))},${write(item)}]`;
  return `[${text}]`;
}

/** Array.isArray does not narrow readonly arrays. */
export function isJsonList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}
