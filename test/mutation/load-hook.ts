/** Loads the mutated text of the files in MUTATED in place of their own. Given to node with --import; what it starts takes it over. */

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import "./active.ts";

const texts = new Map(
  Object.entries(
    JSON.parse(readFileSync(process.env["MUTATED"] ?? "", "utf8")) as { readonly [path: string]: string },
  ).map(([path, code]) => [pathToFileURL(path).href, code]),
);

registerHooks({
  load(url, context, next) {
    const source = texts.get(url);
    return source === undefined ? next(url, context) : { format: "module-typescript", source, shortCircuit: true };
  },
});
