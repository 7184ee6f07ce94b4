// Facts about every form in which deploy/ puts Pannier into a pod.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import type { INetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import type { IProbe } from "kubernetes-models/v1/Probe";
import { beforeAll, describe, expect, it } from "vitest";
import { root } from "../run/tool.ts";
import { faultsOf, unknownFields } from "./kubernetes-schema.ts";
import {
  configurationOf,
  containersOf,
  type KubernetesObject,
  only,
  podOf,
  renderings,
  sidecarOf,
} from "./rendered.ts";

const buildAllowance = 600_000; // milliseconds; a fresh machine builds the renderers first
const pannierGrace = 30; // seconds, the most that Pannier takes to end: shutdown.grace
const applicationGrace = 30; // seconds, what the samples leave to the application
const served = ["/metrics", "/healthz", "/livez", "/readyz"];

describe.each(renderings)("$name", (rendering) => {
  let objects: readonly KubernetesObject[] = [];
  beforeAll(async () => {
    objects = await rendering.render();
  }, buildAllowance);

  it("is what Kubernetes takes", async () => {
    expect((await Promise.all(objects.map(faultsOf))).flat()).toEqual([]);
  });

  it("has no field that Kubernetes does not know", async () => {
    expect(await unknownFields(objects)).toBe("");
  });

  it("holds no secret", () => {
    expect(objects.map((object) => object.kind)).not.toContain("Secret");
  });

  it("probes the operations port, at paths that are served", () => {
    const sidecar = sidecarOf(objects);
    const port = Number(configurationOf(objects).operations.listen.split(":").at(-1));
    expect(sidecar.ports).toEqual([{ name: "operations", containerPort: port, protocol: "TCP" }]);
    const probes = [sidecar.startupProbe, sidecar.readinessProbe, sidecar.livenessProbe];
    expect(probes.map((probe) => probe?.httpGet?.port)).toEqual(["operations", "operations", "operations"]);
    expect(probes.map(pathOf)).toEqual(["/readyz", "/readyz", "/livez"]);
    expect(probes.map(pathOf).every((path) => served.includes(path))).toBe(true);
  });

  it("waits for readiness longer than the checks may take", () => {
    const { startupProbe, readinessProbe } = sidecarOf(objects);
    expect(startupProbe?.timeoutSeconds).toBeGreaterThan(5);
    expect(readinessProbe?.timeoutSeconds).toBeGreaterThan(5);
  });

  it("shows operations to the kubelet and data to the pod alone", () => {
    const { operations, listen } = configurationOf(objects);
    expect(operations.listen).toMatch(/^0\.0\.0\.0:/);
    expect(listen).toMatch(/^127\.0\.0\.1:/);
    const ports = containersOf(podOf(objects)).flatMap((container) => container.ports ?? []);
    expect(ports.map((port) => port.containerPort)).not.toContain(Number(listen.split(":").at(-1)));
  });

  it("leaves Pannier its grace after the application's", () => {
    const period = podOf(objects).terminationGracePeriodSeconds ?? 30;
    expect(period).toBeGreaterThan(applicationGrace + pannierGrace);
  });

  it("gives no container more than it needs", () => {
    const pod = podOf(objects);
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    expect(pod.securityContext?.runAsUser).toBeGreaterThan(0);
    for (const container of containersOf(pod)) {
      expect(container.securityContext, container.name).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  });

  it("bounds memory and never throttles Pannier", () => {
    for (const container of containersOf(podOf(objects))) {
      expect(container.resources?.limits?.["memory"], container.name).toBeDefined();
    }
    expect(sidecarOf(objects).resources?.limits).not.toHaveProperty("cpu");
  });

  it("mounts what is written to, and the configuration as a directory", () => {
    const { volumeMounts = [], workingDir } = sidecarOf(objects);
    const writable = volumeMounts.filter((mount) => mount.readOnly !== true).map((mount) => mount.mountPath);
    expect(writable).toEqual(expect.arrayContaining([configurationOf(objects).data_dir, "/tmp"]));
    const config = volumeMounts.find((mount) => mount.mountPath === workingDir);
    expect(config).toEqual({ name: "pannier-config", mountPath: "/etc/pannier", readOnly: true });
    const volume = podOf(objects).volumes?.find(({ name }) => name === config?.name);
    expect(volume?.configMap).toEqual({ name: only<KubernetesObject>(objects, "ConfigMap").metadata.name });
  });

  it("mounts every password file that the configuration names", () => {
    const files = Object.values(configurationOf(objects).stores).flatMap((store) => store.password_file ?? []);
    const secrets = podOf(objects).volumes?.filter((volume) => volume.secret) ?? [];
    const mounted = secrets.flatMap(({ name, secret }) => {
      const mount = sidecarOf(objects).volumeMounts?.find((candidate) => candidate.name === name);
      return (secret?.items ?? []).map((item) => join(mount?.mountPath ?? "", item.path));
    });
    expect(mounted).toEqual(files);
  });

  it("has a mount for every volume and a volume for every mount", () => {
    const pod = podOf(objects);
    const mounted = containersOf(pod).flatMap((container) => container.volumeMounts ?? []);
    const names = new Set(mounted.map((mount) => mount.name));
    expect([...names].toSorted()).toEqual((pod.volumes ?? []).map((volume) => volume.name).toSorted());
  });

  it("names every image with its version, Pannier's being the package's", async () => {
    const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
    for (const { image } of containersOf(podOf(objects))) expect(image).toMatch(/(:\d[\w.-]*|@sha256:[0-9a-f]{64})$/);
    expect(sidecarOf(objects).image).toMatch(new RegExp(`^pannier(:${version}|@.*)$`));
  });

  it("has a network policy that selects the pod, opens its ports, and lets it reach others than itself", () => {
    const labels = only<IDeployment>(objects, "Deployment").spec?.template.metadata?.labels;
    const policy = only<INetworkPolicy>(objects, "NetworkPolicy").spec;
    expect(policy?.podSelector?.matchLabels).toEqual(labels);
    const open = policy?.ingress?.flatMap((rule) => rule.ports ?? []).map((port) => port.port);
    const listening = containersOf(podOf(objects))
      .flatMap((container) => container.ports ?? [])
      .map((port) => port.containerPort);
    expect(new Set(open)).toEqual(new Set(listening));
    const name = labels?.["app.kubernetes.io/name"];
    for (const peer of policy?.egress?.flatMap((rule) => rule.to ?? []) ?? []) {
      expect(peer.podSelector?.matchLabels?.["app.kubernetes.io/name"]).not.toBe(name);
    }
  });
});

describe("kustomize", () => {
  it("starts Pannier before the application and ends it after", async () => {
    const pod = podOf(await rendered("kustomize base"));
    expect(pod.initContainers?.map(({ name, restartPolicy }) => [name, restartPolicy])).toEqual([
      ["pannier", "Always"],
    ]);
    expect(pod.containers.map(({ name }) => name)).toEqual(["shop"]);
  });

  it("classic holds Pannier's SIGTERM back while the application drains", async () => {
    const objects = await rendered("kustomize classic");
    const pod = podOf(objects);
    expect(pod.initContainers).toBeUndefined();
    expect(pod.containers.map(({ name }) => name)).toEqual(["shop", "pannier"]);
    const { lifecycle, restartPolicy } = sidecarOf(objects);
    expect(restartPolicy).toBeUndefined();
    const script = lifecycle?.preStop?.exec?.command?.at(-1) ?? "";
    const held = Number(/, ([\d_]+)\)$/.exec(script)?.[1]?.replaceAll("_", "")) / 1000;
    expect(held).toBe(applicationGrace);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(held + pannierGrace);
  });

  it("unix-socket gives both containers one socket, in a directory made for it before Pannier starts", async () => {
    const objects = await rendered("kustomize unix-socket");
    const pod = podOf(objects);
    const sidecar = sidecarOf(objects);
    const listen = sidecar.env?.find(({ name }) => name === "PANNIER_LISTEN")?.value ?? "";
    const application = pod.containers[0];
    expect(application?.env).toEqual([{ name: "PANNIER_ADDRESS", value: listen }]);
    const path = listen.replace(/^unix:/, "");
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(107);
    const [first, second] = pod.initContainers ?? [];
    expect([first?.name, second?.name]).toEqual(["pannier-socket-directory", "pannier"]);
    expect(first?.args?.[0]).toContain(`fs.chmodSync('${dirname(path)}', 0o2750)`);
    for (const container of containersOf(pod)) {
      const mount = container.volumeMounts?.find(({ name }) => name === "pannier-socket");
      expect(mount?.mountPath, container.name).toBe(dirname(dirname(path)));
    }
  });

  it("sqlite never has two pods on one file", async () => {
    const { spec } = only<IDeployment>(await rendered("kustomize sqlite"), "Deployment");
    expect([spec?.replicas, spec?.strategy]).toEqual([1, { type: "Recreate" }]);
  });
});

async function rendered(name: string): Promise<readonly KubernetesObject[]> {
  const found = renderings.find((rendering) => rendering.name === name);
  return (await found?.render()) ?? [];
}

function pathOf(probe: IProbe | undefined): string {
  return probe?.httpGet?.path ?? "";
}
