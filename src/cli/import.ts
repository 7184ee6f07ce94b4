/** `pannier import openapi FILE`: models of an OpenAPI document as entities in a .proto file, printed or written. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { makeDirectory } from "../make-directory.ts";
import type { ImportFinding } from "../openapi/draft.ts";
import { importOpenapi, type Imported } from "../openapi/import-openapi.ts";
import { DocumentRefused } from "../openapi/node.ts";
import { isAsWritten, sealed } from "../openapi/seal.ts";
import { formatFindings } from "../schema/finding.ts";
import { loadSchema } from "../schema/load-schema.ts";
import { EXIT, type CommandContext, type Run } from "./command.ts";
import { UsageError } from "./arguments.ts";

export const importModels: Run = async (context) => {
  try {
    return await run(context);
  } catch (error) {
    if (!(error instanceof ImportRefused)) throw error;
    context.complain(`pannier: ${error.message}\n`);
    return EXIT.configuration;
  }
};

/** Why nothing is imported. */
class ImportRefused extends Error {
  override readonly name = "ImportRefused";
}

const PACKAGE = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*$/u;

async function run(context: CommandContext): Promise<number> {
  const { words, flags, directory } = context;
  const [, file = ""] = words;
  const named = flags.get("package");
  if (named !== undefined && !PACKAGE.test(named))
    throw new UsageError(`--package ${named} is no package; write it as shop.v1, in small letters`);
  const out = flags.get("out");
  if (flags.has("check") && out === undefined) throw new UsageError("--check compares with a file: give it --out");
  const text = await readDocument(resolve(directory, file));
  const source = basename(file);
  const first = imported(text, file, { source, package: named });
  const target = out === undefined ? undefined : join(resolve(directory, out), pathOf(first.package, source));
  const before = target === undefined ? undefined : await textOf(target);
  const result = before === undefined ? first : imported(text, file, { source, package: named, before });
  if (result.entities.length === 0)
    throw new ImportRefused(`${file} has no model that can be an entity${told(file, result.findings)}`);
  const content = sealed(result.text);
  await refuseUnloadable(content, file);
  const isChanged = before !== content;
  const isCheck = flags.has("check");
  if (target !== undefined && isChanged && !isCheck) {
    if (before !== undefined && !isAsWritten(before) && !flags.has("overwrite"))
      throw new ImportRefused(
        `${target} was not written by an import, or was changed since; give --overwrite to lose that, or another --out`,
      );
    await write(target, content);
  }
  tell(context, { file, result, target, content, isChanged, isCheck });
  return isCheck && isChanged ? EXIT.configuration : EXIT.ok;
}

const MOST_BYTES = 16 * 1_048_576;

async function readDocument(path: string): Promise<string> {
  const text = await textOf(path);
  if (text === undefined) throw new ImportRefused(`${path} is not there, or cannot be read`);
  if (text.length > MOST_BYTES) throw new ImportRefused(`${path} has more than ${MOST_BYTES} bytes`);
  return text;
}

/** Undefined where there is none. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

function imported(text: string, file: string, options: Parameters<typeof importOpenapi>[1]): Imported {
  try {
    return importOpenapi(text, options);
  } catch (error) {
    if (!(error instanceof DocumentRefused)) throw error;
    throw new ImportRefused(`${file}:${error.line}: ${error.message}`, { cause: error });
  }
}

/** `shop.v1` of store.yaml lies in shop/v1/store.proto. */
function pathOf(name: string, source: string): string {
  const stem = source
    .replace(/\.(?:ya?ml|json)$/iu, "")
    .replaceAll(/[^A-Za-z0-9_]+/gu, "_")
    .toLowerCase();
  return join(...name.split("."), `${stem === "" ? "imported" : stem}.proto`);
}

/** What a start would refuse is not written. */
async function refuseUnloadable(content: string, file: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "pannier-import-"));
  try {
    await writeFile(join(folder, "imported.proto"), content);
    const { findings } = await loadSchema({ sources: [folder] });
    const named = findings.map((finding) => ({ ...finding, file: "the file made of it" }));
    if (named.length > 0) throw new ImportRefused(`${file} gives entities that are refused:\n${formatFindings(named)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function write(target: string, content: string): Promise<void> {
  try {
    makeDirectory(dirname(target));
    await writeFile(target, content);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new ImportRefused(`${target} cannot be written (${code}); allow it, or give another --out`, { cause: error });
  }
}

interface Telling {
  readonly file: string;
  readonly result: Imported;
  readonly target: string | undefined;
  readonly content: string;
  readonly isChanged: boolean;
  readonly isCheck: boolean;
}

function tell(context: CommandContext, telling: Telling): void {
  const { file, result, target, content, isChanged, isCheck } = telling;
  const { entities, skipped, findings } = result;
  if (context.flags.has("json")) {
    const place =
      target === undefined ? { text: content } : { path: target, changed: isChanged, written: isChanged && !isCheck };
    context.print(JSON.stringify({ file, package: result.package, entities, skipped, findings, ...place }));
    return;
  }
  for (const { line, model, hasMap, isUsed } of skipped) {
    const why = hasMap ? "no entity, its index map does not say a key" : "skipped, it has no index map";
    context.complain(`${file}:${line}: ${model}: ${why}${isUsed && !hasMap ? "; it is a part of entities" : ""}\n`);
  }
  for (const finding of findings) context.complain(`${lineOf(file, finding)}\n`);
  if (target === undefined) context.print(content.trimEnd());
  else
    context.print(
      `${target}: ${entities.length === 1 ? "1 entity" : `${entities.length} entities`}, ${!isChanged ? "nothing changed" : isCheck ? "would change" : "written"}`,
    );
}

function told(file: string, findings: readonly ImportFinding[]): string {
  return findings.map((finding) => `\n${lineOf(file, finding)}`).join("");
}

function lineOf(file: string, { line, model, field, what, mend }: ImportFinding): string {
  const subject = field === undefined ? model : `${model}.${field}`;
  return `${file}:${line}: ${subject}: ${what}; ${mend}`;
}
