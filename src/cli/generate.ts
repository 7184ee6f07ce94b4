/** `pannier generate`: what other programs are built with, written to a folder. Opens no store, and keeps no cache. */

import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { planFolder, type FileChange, type FolderPlan } from "../codegen/generated-files.ts";
import { protoModule } from "../codegen/proto-module.ts";
import { typescriptClient } from "../codegen/typescript-client.ts";
import { formatFindings } from "../schema/finding.ts";
import { StartRefused, unroutedSchema, type SourcedSchema } from "../server/routed-schema.ts";
import { EXIT, type CommandContext, type Run } from "./command.ts";
import { complainOf, start } from "./start.ts";

export const generate: Run = async (context) => {
  try {
    return await run(context);
  } catch (error) {
    return complainOf(error, context);
  }
};

async function run(context: CommandContext): Promise<number> {
  const { config, log } = await start(context);
  const schema = await unroutedSchema({ config, directory: context.directory, log });
  const isCheck = context.flags.has("check");
  const plans: FolderPlan[] = [];
  for (const target of targets(context)) {
    refuseSources(target.folder, schema.sources);
    plans.push(await planFolder(target.folder, await target.make(schema)));
  }
  for (const plan of plans) {
    if (!isCheck) await plan.apply();
    for (const line of context.flags.has("json") ? jsonLines(plan, isCheck) : lines(plan, isCheck)) context.print(line);
  }
  const isStale = plans.some(({ changes }) => changes.some(isChange));
  return isCheck && isStale ? EXIT.configuration : EXIT.ok;
}

interface Target {
  readonly folder: string;
  make(schema: SourcedSchema): Promise<Parameters<typeof planFolder>[1]>;
}

function targets({ words: [word], flags, directory }: CommandContext): readonly Target[] {
  const out = flags.get("out");
  const folderOf = (name: string): string => {
    if (word === undefined) return resolve(directory, join(out ?? "generated", name));
    return resolve(directory, out ?? join("generated", name));
  };
  const all = [
    { name: "proto", make: makeProto },
    { name: "typescript", make: async (schema: SourcedSchema) => typescriptClient(schema) },
  ];
  const wanted = all.filter(({ name }) => word === undefined || word === name);
  return wanted.map(({ name, make }) => ({ folder: folderOf(name), make }));
}

/** @throws StartRefused */
async function makeProto(schema: SourcedSchema): ReturnType<Target["make"]> {
  const { files, findings } = await protoModule(schema);
  if (findings.length > 0) throw new StartRefused(formatFindings(findings));
  return files;
}

/** What lies among the sources would be read as a source by the next start. @throws StartRefused */
function refuseSources(folder: string, sources: readonly string[]): void {
  const place = realPath(folder) + sep;
  const around = sources.find((source) => place.startsWith(realPath(source) + sep));
  if (around !== undefined)
    throw new StartRefused(`${folder} lies in ${around}, which is read as the schema; give another --out`);
}

/** Of what is there; the rest as it is written. */
function realPath(path: string): string {
  const above = dirname(path);
  if (existsSync(path) || above === path) return realpathSync(path);
  return join(realPath(above), path.slice(above.length));
}

const isChange = ({ change }: FileChange): boolean => change !== "kept";

const SAYS: { readonly [change in FileChange["change"]]: string } = {
  added: "added",
  changed: "changed",
  removed: "removed",
  kept: "kept, though it is not generated any more: it was edited since",
};

function lines({ folder, changes, count }: FolderPlan, isCheck: boolean): readonly string[] {
  const each = changes.map(({ path, change }) => `${join(folder, path)}: ${SAYS[change]}`);
  const changed = changes.filter(isChange).length;
  const sum = changed === 0 ? "nothing changed" : isCheck ? `${changed} would change` : `${changed} written or removed`;
  return [...each, `${folder}: ${count} files, ${sum}`];
}

function jsonLines({ folder, changes, count }: FolderPlan, isCheck: boolean): readonly string[] {
  const changed = changes.filter(isChange).length;
  return [
    ...changes.map((change) => ({ folder, ...change })),
    { folder, files: count, changed, written: !isCheck },
  ].map((line) => JSON.stringify(line));
}
