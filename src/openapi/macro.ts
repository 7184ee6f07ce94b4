/** Templates of `x-dynamodb-indexmap`: literals and macros, `{Field}` or `{a.b}`. */

export type MacroPart = { readonly literal: string } | { readonly path: readonly string[] };

/** Undefined where braces do not match, or hold no names. */
export function parseMacros(text: string): readonly MacroPart[] | undefined {
  const parts: MacroPart[] = [];
  for (let rest = text; rest !== "";) {
    const match = /^(?:\{\s*([\w-]+(?:\.[\w-]+)*)\s*\}|([^{}]+))/u.exec(rest);
    if (!match) return undefined;
    const [whole, macro] = match;
    parts.push(macro === undefined ? { literal: whole } : { path: macro.split(".") });
    rest = rest.slice(whole.length);
  }
  return parts;
}

/** A key of the map: which side of the table's key or of which index. */
export interface MapKey {
  readonly side: "partition" | "sort";
  /** Undefined for the table's own key. */
  readonly index: string | undefined;
}

/** PK and SK, GSI1PK, gsi1_sk, PK1 (of GSI1), UserIndexPK; undefined for another name. */
export function parseMapKey(name: string): MapKey | undefined {
  const match = /^(.*?)[_-]?(pk|sk)_?(\d*)$/iu.exec(name);
  if (!match) return undefined;
  const [, before = "", side = "", number = ""] = match;
  const index = before === "" && number === "" ? undefined : `${before === "" ? "GSI" : before}${number}`;
  return { side: side.toLowerCase() === "pk" ? "partition" : "sort", index };
}
