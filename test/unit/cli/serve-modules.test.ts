// What a start loads before it serves: the larger it is, the longer it takes and the more memory it keeps.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { parseModule } from "../../architecture/source.ts";

const root = new URL("../../../", import.meta.url);

/** Everything that the entries import, and what that imports, types and what is loaded late apart. */
async function loadedBy(entries: readonly string[]): Promise<ReadonlySet<string>> {
  const loaded = new Set<string>(entries);
  for (const path of loaded) {
    if (!path.startsWith("src/")) continue; // a package
    const { imports } = parseModule({ path, text: await readFile(new URL(path, root), "utf8") });
    for (const { kind, specifier } of imports) {
      if (kind !== "static") continue;
      loaded.add(specifier.startsWith(".") ? join(dirname(path), specifier) : specifier);
    }
  }
  return loaded;
}

test("serve loads nothing of the other commands", async () => {
  const loaded = await loadedBy(["src/main.ts", "src/cli/serve.ts"]);
  expect(loaded).toContain("src/compose.ts");
  const others = [
    "src/cli/check",
    "src/cli/generate",
    "src/cli/import",
    "src/cli/migrate",
    "src/codegen/",
    "src/openapi/",
    "yaml",
  ];
  expect([...loaded].filter((path) => others.some((other) => path.startsWith(other)))).toEqual([]);
});
