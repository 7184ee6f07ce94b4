// The READMEs of src and clients name the files there are: every room has one, and its tables of files leave nothing out and invent nothing.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .map((path) => `src/${path.replaceAll("\\", "/")}`)
  .filter((path) => path.endsWith(".ts") && !path.startsWith("src/gen/"));

/** Every folder that holds sources, with the names of those. */
const rooms = Map.groupBy(sources, dirname);

/** The names in the cells of columns headed "file" or "files", or nothing when there is no such table. */
function tabled(text: string): ReadonlySet<string> | undefined {
  const tables = text.split(/\n(?!\|)/).map((block) => block.split("\n").filter((line) => line.startsWith("|")));
  const columns = tables.flatMap(([head = "", ...rows]) => {
    const at = cellsOf(head).findIndex((cell) => /^files?$/.test(cell));
    return at === -1 ? [] : [rows.map((row) => cellsOf(row)[at] ?? "").join()];
  });
  return columns.length === 0 ? undefined : new Set(namesIn(columns.join()));
}

function cellsOf(row: string): readonly string[] {
  return row.split("|").map((cell) => cell.trim());
}

/** Files and folders in backticks. */
function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/`([\w./-]+(?:\.ts|\/))`/g)].map(([, name]) => name ?? "");
}

/** Whether a page in the folder may speak of it so: by its path from the folder, from src or from the root, or as a file further in. */
function isThere(folder: string, name: string): boolean {
  const below = sources.some((path) => path.startsWith(`${folder}/`) && path.endsWith(`/${name}`));
  return below || [folder, "src", "."].some((from) => existsSync(join(root, from, name)));
}

const pages = [...rooms].flatMap(([folder, files]) => {
  const path = join(root, folder, "README.md");
  return existsSync(path) ? [{ folder, files, text: readFileSync(path, "utf8") }] : [];
});

const tables = pages.flatMap(({ folder, files, text }) => {
  const names = tabled(text);
  return names ? [{ folder, files, names }] : [];
});

test("every room has its page", () => {
  const without = [...rooms.keys()].filter((room) => !pages.some(({ folder }) => folder === room));
  expect(without, "folders of src without a README.md").toEqual([]);
});

test.each(tables)("the table of $folder leaves no file out", ({ folder, files, names }) => {
  const left = files.map((path) => basename(path)).filter((name) => !names.has(name));
  expect(left, `files that stand in no table of ${folder}/README.md`).toEqual([]);
});

test.each(tables)("the table of $folder names no file that is not beside it", ({ folder, names }) => {
  const gone = [...names].filter((name) => !existsSync(join(root, folder, name)));
  expect(gone, `names in a table of ${folder}/README.md that are not in ${folder}`).toEqual([]);
});

test.each(pages)("every file that the page of $folder speaks of is there", ({ folder, text }) => {
  const gone = namesIn(text).filter((name) => name.endsWith(".ts") && !isThere(folder, name));
  expect(gone, `files that ${folder}/README.md speaks of and nobody has`).toEqual([]);
});

/** Pages that speak of all that lies below them. */
const clientPages = ["typescript", "examples/typescript", "examples/fastify", "examples/nestjs"].map((name) => `clients/${name}`); // prettier-ignore

/** What the tables of a page name: by path, by a name beside the one before it in its cell, or a folder for all that is in it. */
function pathsIn(text: string): readonly string[] {
  const cells = text.split("\n").flatMap((line) => (line.startsWith("|") ? [cellsOf(line)[1] ?? ""] : []));
  return cells.flatMap((cell) => {
    let folder = "";
    return namesIn(cell).map((name) => {
      if (name.includes("/")) folder = name.slice(0, name.lastIndexOf("/") + 1);
      return name.includes("/") ? name : folder + name;
    });
  });
}

test.each(clientPages)("the table of %s leaves no file out, and names none that is gone", (folder) => {
  const named = pathsIn(readFileSync(join(root, folder, "README.md"), "utf8"));
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts") && !/^(?:gen|node_modules|dist)\//.test(path));
  const isNamed = (file: string): boolean => named.some((name) => name === file || (name.endsWith("/") && file.startsWith(name))); // prettier-ignore
  expect(
    files.filter((file) => !isNamed(file)),
    `files that stand in no table of ${folder}/README.md`,
  ).toEqual([]);
  const gone = named.filter((name) => !name.startsWith("gen/") && !existsSync(join(root, folder, name)));
  expect(gone, `names in a table of ${folder}/README.md that are not below ${folder}`).toEqual([]);
});
