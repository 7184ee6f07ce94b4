/** pannier.yaml: read whole, refused when anything in it is not understood. */

import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { OverlayBuilder, type Overlay } from "./overlay.ts";
import { settingTree, type SettingNode } from "./settings.ts";
import { parseYaml } from "./value.ts";

const largestFile = 1_048_576; // bytes
const mostAliases = 100;

export interface FileExpectations {
  /** Somebody named it, so it must be there. */
  readonly isNamed: boolean;
  /** It said something before: one that is gone or empty is being replaced. */
  readonly hadFile: boolean;
}

/** The overlay of a file; an empty one where there is no file and none was asked for. */
export async function readConfigurationFile(path: string, expectations: FileExpectations): Promise<Overlay> {
  const overlay = new OverlayBuilder();
  const problem = (reason: string): Overlay => {
    overlay.findings.push({ key: path, reason, source: "file" });
    return overlay;
  };
  const { isNamed, hadFile } = expectations;
  const found = await readSteady(path, hadFile);
  if ("problem" in found) return problem(found.problem);
  const { text } = found;
  if (hadFile && (text ?? "").trim() === "")
    return problem(`is ${text === undefined ? "gone" : "empty"}, and held settings before; put it back, or start anew`);
  if (text === undefined && isNamed) return problem("is not there; create it or name another with --config");
  return text === undefined ? overlay : parseConfiguration(text, path);
}

/** No text where there is no file. */
type Reading = { readonly text: string | undefined } | { readonly problem: string };

const mostReadings = 5;
const betweenReadings = 20; // milliseconds

/** The file as it stood at one moment: one that is written meanwhile, or was there and is not, is looked at again. */
async function readSteady(path: string, isExpected: boolean): Promise<Reading> {
  for (let reading = 1; ; reading += 1) {
    const found = await readOnce(path);
    if (found !== "changing" && (!isExpected || "problem" in found || found.text !== undefined)) return found;
    if (reading < mostReadings) await wait(betweenReadings);
    else return found === "changing" ? { problem: "changes while it is read; rename a whole one over it" } : found;
  }
}

/** One handle, so that a file that is renamed over this one meanwhile does not matter. */
async function readOnce(path: string): Promise<Reading | "changing"> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe without a writer would wait for one
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EACCES") return { problem: "cannot be read; check its mode" }; // prettier-ignore
    return { text: undefined };
  }
  try {
    const before = await handle.stat({ bigint: true });
    if (!before.isFile()) return { problem: "is not a file" };
    if (before.size > largestFile) return { problem: `has ${before.size} bytes, and ${largestFile} are the most` };
    const text = await handle.readFile("utf8");
    const after = await handle.stat({ bigint: true });
    return after.mtimeNs === before.mtimeNs && after.size === before.size ? { text } : "changing";
  } catch {
    return { problem: "cannot be read" };
  } finally {
    await handle.close();
  }
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
  if (content !== null && content !== undefined) readSettings(settingTree(), content, [], { overlay, source });
  return overlay;
}

/** Where settings go, and what they came from. */
interface Target {
  readonly overlay: OverlayBuilder;
  readonly source: string;
}

function readSettings(node: SettingNode, content: unknown, path: readonly string[], target: Target): void {
  const { overlay, source } = target;
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
    if (child) readSettings(child, inner, below, target);
    else overlay.findings.push({ key: below.join("."), reason: "is no setting; correct or remove it", source });
  }
}
