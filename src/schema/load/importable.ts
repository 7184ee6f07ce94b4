/** Files that many schemas import, brought where no source holds them. Their options are for others, and ignored here. */

import { readFile } from "node:fs/promises";
import { importedNames } from "./proto-text.ts";

/** Where they lie, by the beginning of their import names. The same depth in a checkout and in what is emitted from it. */
const FOLDERS: readonly (readonly [prefix: string, folder: URL])[] = [
  ["google/type/", new URL("../../../imports/", import.meta.url)],
  ["google/api/", new URL("../../../imports/", import.meta.url)],
  ["buf/validate/", new URL("../../../imports/", import.meta.url)],
  ["google/rpc/", new URL("../../../proto/", import.meta.url)],
];

/** Import name → text of what these texts import and do not hold, and of what that imports in turn. */
export async function importableTexts(
  texts: ReadonlyMap<string, Uint8Array>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const brought = new Map<string, Uint8Array>();
  const waiting = [...texts.values()];
  for (let text = waiting.pop(); text; text = waiting.pop()) {
    for (const name of importedNames(text)) {
      if (texts.has(name) || brought.has(name)) continue;
      const found = await importableText(name);
      if (!found) continue;
      brought.set(name, found);
      waiting.push(found);
    }
  }
  return brought;
}

/** Undefined for what Pannier does not bring. */
export async function importableText(name: string): Promise<Uint8Array | undefined> {
  const folder = FOLDERS.find(([prefix]) => name.startsWith(prefix))?.[1];
  if (!folder || name.includes("..")) return undefined;
  return readFile(new URL(name, folder)).catch(() => undefined);
}
