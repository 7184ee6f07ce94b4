/** pannier.yaml: read whole, refused when anything in it is not understood. */

import { readFile, stat } from "node:fs/promises";
import { OverlayBuilder, type Overlay } from "./overlay.ts";
import { settingTree, type SettingNode } from "./settings.ts";
import { parseYaml } from "./value.ts";

const largestFile = 1_048_576; // bytes
const mostAliases = 100;

/** The overlay of a file; an empty one where there is no file and none was asked for. */
export async function readConfigurationFile(path: string, isRequired: boolean): Promise<Overlay> {
  const overlay = new OverlayBuilder();
  const problem = (reason: string): Overlay => {
    overlay.findings.push({ key: path, reason, source: "file" });
    return overlay;
  };
  const found = await stat(path).catch(() => undefined);
  if (!found) return isRequired ? problem("is not there; create it or name another with --config") : overlay;
  if (!found.isFile()) return problem("is not a file");
  if (found.size > largestFile) return problem(`has ${found.size} bytes, and ${largestFile} are the most`);
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text === undefined ? problem("cannot be read; check its mode") : parseConfiguration(text, path);
}

/** `source` names the file in findings. */
export async function parseConfiguration(text: string, source: string): Promise<Overlay> {
  const overlay = new OverlayBuilder();
  const problem = (reason: string): Overlay => {
    overlay.findings.push({ key: source, reason, source: "file" });
    return overlay;
  };
  if (text.startsWith("\uFEFF")) return problem("begins with a byte order mark; save it as plain UTF-8");
  const { parseDocument } = await import("yaml"); // 8 MiB and 20 ms that a start without a file saves
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true, version: "1.2" });
  const error = document.errors[0] ?? document.warnings[0];
  if (error) return problem(error.message.split("\n", 1)[0] ?? "is not YAML");
  let content: unknown;
  try {
    content = document.toJS({ mapAsMap: true, maxAliasCount: mostAliases });
  } catch {
    return problem(`repeats itself by more than ${mostAliases} aliases; write the values out`);
  }
  if (content !== null && content !== undefined) walk(settingTree(), content, [], { overlay, source });
  return overlay;
}

interface Walk {
  readonly overlay: OverlayBuilder;
  readonly source: string;
}

function walk(node: SettingNode, content: unknown, path: readonly string[], walking: Walk): void {
  const { overlay, source } = walking;
  const key = path.join(".");
  if (!("children" in node)) return overlay.put(key, parseYaml(node.type, content), source);
  if (content === null || content === undefined) return; // a section that says nothing
  if (!(content instanceof Map)) {
    overlay.findings.push({ key: key || source, reason: "must be a map of settings", source });
    return;
  }
  for (const [name, inner] of content) {
    const child =
      typeof name === "string" && name !== "" && name !== "*"
        ? (node.children.get(name) ?? node.children.get("*"))
        : undefined;
    const below = [...path, String(name)];
    if (child) walk(child, inner, below, walking);
    else overlay.findings.push({ key: below.join("."), reason: "is no setting; correct or remove it", source });
  }
}
