// Judges objects as a cluster's API would: their values by Kubernetes' published schema, and their field names by the types generated from it.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { KubernetesObject } from "./rendered.ts";
import { root } from "../run/tool.ts";

/** What is wrong with the values of an object; empty when nothing is. */
export async function faultsOf(object: KubernetesObject): Promise<readonly string[]> {
  const module: unknown = await import(modelOf(object));
  const Model = (module as Record<string, new (data: KubernetesObject) => { validate(): void }>)[object.kind];
  if (!Model) return [`there is no ${object.kind} in ${object.apiVersion}`];
  try {
    new Model(object).validate();
    return [];
  } catch (error) {
    return [String(error)];
  }
}

/**
 * Which fields the objects have that Kubernetes does not know, as the compiler says it; empty when there are none. The published schema allows any
 * field, and an API server drops an unknown one with a warning, so a misspelt key would otherwise never be seen.
 */
export async function unknownFields(objects: readonly KubernetesObject[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pannier-deploy-"));
  try {
    const file = join(folder, "objects.ts");
    await writeFile(file, objects.map(declaration).join("\n"));
    const flags = ["--noEmit", "--strict", "--skipLibCheck", "--ignoreConfig", "--target", "es2024"];
    const resolution = ["--module", "preserve", "--moduleResolution", "bundler", "--types", ""];
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    const args = [compiler, ...flags, ...resolution, file];
    return await promisify(execFile)(process.execPath, args).then(() => "", complaint);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The object as a literal with its type beside it, because that is where the compiler refuses superfluous properties. */
function declaration(object: KubernetesObject, index: number): string {
  const path = join(root, "node_modules", modelOf(object));
  const type = `import(${JSON.stringify(path)}).I${object.kind}`;
  return `export const object${index}: ${type} = ${JSON.stringify(object, undefined, 2)};`;
}

function modelOf({ apiVersion, kind }: KubernetesObject): string {
  return `kubernetes-models/${apiVersion}/${kind}`;
}

function complaint(error: unknown): string {
  const stdout: unknown = typeof error === "object" && error !== null ? Reflect.get(error, "stdout") : undefined;
  return typeof stdout === "string" && stdout !== "" ? stdout : String(error);
}
