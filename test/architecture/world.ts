// All modules together: which file each import reaches, and in which area of the house a file lies.
import { posix } from "node:path";
import { parseModule, type Import, type SourceFile, type SourceModule } from "./source.ts";

/** One import, and the file it reaches; `target` is undefined for packages, built-in modules and computed imports. */
export interface Arrow extends Import {
  readonly from: string;
  readonly target?: string;
}

/** The modules under test and the arrows between them. */
export interface World {
  readonly modules: readonly SourceModule[];
  readonly paths: ReadonlySet<string>;
  readonly arrows: readonly Arrow[];
}

/** Parses the files and resolves their imports. */
export function createWorld(files: readonly SourceFile[]): World {
  const modules = files.map(parseModule);
  return { modules, paths: new Set(files.map((file) => file.path)), arrows: modules.flatMap(arrowsOf) };
}

/** The folder or file of src that a path lies in ("model", "compose.ts"), or the top-level folder outside src ("clients"). */
export function areaOf(path: string): string {
  const [top = "", second = ""] = path.split("/");
  return top === "src" ? second : top;
}

/** The folder under src/adapter that a path lies in; undefined for the files at its root and everywhere else. */
export function adapterFolderOf(path: string): string | undefined {
  return /^src\/adapter\/([^/]+)\//.exec(path)?.[1];
}

function arrowsOf(module: SourceModule): readonly Arrow[] {
  return module.imports.map((found) => {
    const arrow = { ...found, from: module.path };
    if (!found.specifier.startsWith(".")) return arrow;
    return { ...arrow, target: posix.join(posix.dirname(module.path), found.specifier) };
  });
}
