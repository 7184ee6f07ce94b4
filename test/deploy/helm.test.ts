// Facts about the chart alone: that it says what kustomize says, and refuses what would not run.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import { beforeAll, describe, expect, it } from "vitest";
import { root } from "../run/tool.ts";
import { helm } from "../servers/renderers.ts";
import {
  charted,
  configurationOf,
  hasHelm,
  type KubernetesObject,
  kustomized,
  only,
  podOf,
  sidecarOf,
} from "./rendered.ts";

describe.skipIf(!hasHelm)("the chart", () => {
  let chart: readonly KubernetesObject[] = [];
  let base: readonly KubernetesObject[] = [];
  beforeAll(async () => {
    [chart, base] = await Promise.all([charted(), kustomized("base")]);
  }, 600_000);

  it("passes Helm's own lint", async () => {
    const { stdout } = await promisify(execFile)(await helm(), ["lint", "--strict", join(root, "deploy/helm/pannier")]);
    expect(stdout).toContain("0 chart(s) failed");
  });

  it("renders the sidecar that kustomize renders", () => {
    expect(sidecarOf(chart)).toEqual(sidecarOf(base));
    expect(configurationOf(chart)).toEqual(configurationOf(base));
  });

  it("renders the pod that kustomize renders, but for the name of the ConfigMap", () => {
    const named = JSON.stringify(podOf(chart)).replace(
      '"configMap":{"name":"shop-pannier"}',
      '"configMap":{"name":"pannier"}',
    );
    expect(JSON.parse(named)).toEqual(podOf(base));
  });

  it("renders the network policy that kustomize renders", () => {
    const specOf = (objects: readonly KubernetesObject[]): unknown =>
      only<KubernetesObject & { readonly spec: unknown }>(objects, "NetworkPolicy").spec;
    expect(specOf(chart)).toEqual(specOf(base));
  });

  it("renders no workload for a chart that has its own", async () => {
    const kinds = (await charted("workload.enabled", "false")).map((object) => object.kind);
    expect(kinds.toSorted()).toEqual(["ConfigMap", "NetworkPolicy"]);
  });

  it("mounts nothing of a Secret when there is none", async () => {
    const objects = await charted("secret.name", "");
    expect(JSON.stringify(podOf(objects))).not.toMatch(/secret/i);
  });

  it("puts embedded databases on a claim when it is named", async () => {
    const volumes = podOf(await charted("data.claimName", "rows")).volumes ?? [];
    expect(volumes.find(({ name }) => name === "pannier-data")).toEqual({
      name: "pannier-data",
      persistentVolumeClaim: { claimName: "rows" },
    });
  });

  const embedded = "kv:rows,workload.strategy.rollingUpdate=null,workload.strategy.type=Recreate";

  it("takes a store of one process with one replica, which ends before the next begins", async () => {
    const value = `${embedded},workload.replicas=1,data.claimName=rows`;
    const { spec } = only<IDeployment>(await charted("config.stores.default.url", value), "Deployment");
    expect(spec).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
  });

  it.each([
    ["two replicas", `${embedded},data.claimName=rows`],
    ["a new pod beside the old one", "kv:rows,workload.replicas=1,data.claimName=rows"],
    ["a volume that ends with the pod", `${embedded},workload.replicas=1`],
  ])("refuses a store of one process with %s", async (_, value) => {
    await expect(charted("config.stores.default.url", value)).rejects.toThrow(
      /config\.stores\.default: one process at a time can have it open/,
    );
  });

  it.each([
    ["a value that it does not know", "imagee.tag", "1"],
    ["the tag latest", "image.tag", "latest"],
    ["operations on loopback, where no probe arrives", "config.operations.listen", "127.0.0.1:7071"],
    ["the data port on every address", "config.listen", "0.0.0.0:7070"],
    ["an application on Pannier's port", "workload.port", "7070"],
    ["no grace for Pannier", "grace.pannier", "0"],
  ])("refuses %s", async (_, path, value) => {
    await expect(charted(path, value)).rejects.toThrow(/values don't meet the specifications/);
  });
});
