// What deploy/ becomes in a cluster: kustomize and Helm render it, and the objects are read back.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import type { IConfigMap } from "kubernetes-models/v1/ConfigMap";
import type { IContainer } from "kubernetes-models/v1/Container";
import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import { parse, parseAllDocuments } from "yaml";
import { root } from "../run/tool.ts";
import { helm, kustomize, whyNoHelm } from "../servers/renderers.ts";

/** Any object of Kubernetes, so far as nothing has been checked about it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

export interface Rendering {
  readonly name: string;
  render(): Promise<readonly KubernetesObject[]>;
}

const noHelm = await whyNoHelm();
if (noHelm !== undefined) console.log(noHelm);

export const hasHelm: boolean = noHelm === undefined;

/** Every form that deploy/ offers, as far as it can be rendered here. */
export const renderings: readonly Rendering[] = [
  { name: "kustomize base", render: () => kustomized("base") },
  { name: "kustomize classic", render: () => kustomized("overlays/classic") },
  { name: "kustomize unix-socket", render: () => kustomized("overlays/unix-socket") },
  { name: "kustomize sqlite", render: () => kustomized("overlays/sqlite") },
  ...(hasHelm
    ? [
        { name: "helm", render: () => charted() },
        { name: "helm by digest", render: () => charted("image.digest", `sha256:${"0".repeat(64)}`) },
      ]
    : []),
];

export async function kustomized(folder: string): Promise<readonly KubernetesObject[]> {
  const path = join(root, "deploy", "kubernetes", folder);
  return objectsOf((await promisify(execFile)(await kustomize(), ["build", path])).stdout);
}

/**
 * Renders the chart as the release `shop`, with one value set.
 *
 * @throws Error with Helm's own words when it refuses
 */
export async function charted(path?: string, value?: string): Promise<readonly KubernetesObject[]> {
  const chart = join(root, "deploy", "helm", "pannier");
  const set = path === undefined ? [] : ["--set", `${path}=${value}`];
  // Without a cluster Helm assumes a version, and a Helm that was built by `go install` a very old one.
  const args = ["template", "shop", chart, "--kube-version", "1.34.0", ...set];
  return objectsOf((await promisify(execFile)(await helm(), args)).stdout);
}

function objectsOf(stream: string): readonly KubernetesObject[] {
  const documents = parseAllDocuments(stream, { uniqueKeys: true });
  return documents.map((document) => {
    if (document.errors[0]) throw document.errors[0];
    return document.toJS() as KubernetesObject; // the renderers write objects alone; the tests check what is in them
  });
}

/** The one object of a kind. */
export function only<T>(objects: readonly KubernetesObject[], kind: string): T {
  const [found, ...more] = objects.filter((object) => object.kind === kind);
  if (!found || more.length > 0) throw new Error(`expected one ${kind}, found ${more.length + (found ? 1 : 0)}`);
  return found as T; // the schema test says that it is one
}

export function podOf(objects: readonly KubernetesObject[]): IPodSpec {
  const spec = only<IDeployment>(objects, "Deployment").spec?.template.spec;
  if (!spec) throw new Error("the Deployment has no pod");
  return spec;
}

/** Every container of a pod, those of its start included. */
export function containersOf(pod: IPodSpec): readonly IContainer[] {
  return [...(pod.initContainers ?? []), ...pod.containers];
}

/** Pannier itself, in whichever list it stands. */
export function sidecarOf(objects: readonly KubernetesObject[]): IContainer {
  const found = containersOf(podOf(objects)).find((container) => container.name === "pannier");
  if (!found) throw new Error("no container is called pannier");
  return found;
}

/** The parts of pannier.yaml that the tests look at. */
export interface Configuration {
  readonly listen: string;
  readonly operations: { readonly listen: string };
  readonly data_dir: string;
  readonly stores: Readonly<Record<string, { readonly url: string; readonly password_file?: string }>>;
}

/** The pannier.yaml that the sidecar is given. */
export function configurationOf(objects: readonly KubernetesObject[]): Configuration {
  const text = only<IConfigMap>(objects, "ConfigMap").data?.["pannier.yaml"];
  return parse(text ?? "") as Configuration; // the tests read each of these keys
}
