// Every configuration that deploy/ hands to Pannier is one that Pannier takes, as its own loader reads file and environment together.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IConfigMap } from "kubernetes-models/v1/ConfigMap";
import { describe, expect, it } from "vitest";
import { memory as sqliteMemory } from "../../src/adapter/sqlite/open.ts";
import { littleMemory, memoryBudgets } from "../../src/cli/process-limits.ts";
import { type Config, loadConfiguration } from "../../src/config/config.ts";
import { type KubernetesObject, only, podOf, renderings, sidecarOf } from "./rendered.ts";

const tokenKey = Buffer.alloc(32, 7).toString("base64");

describe.each(renderings)("$name", (rendering) => {
  it("is taken, without a warning", { timeout: 600_000 }, async () => {
    const objects = await rendering.render();
    const { config, warnings } = await loaded(objects);
    expect(warnings).toEqual([]);
    expect(config.dataDir).toBe("/data");
    expect(config.operations.listen).toBe("0.0.0.0:7071"); // where the kubelet asks
    // Shared by all replicas, unless there is one alone.
    const shared = sidecarOf(objects).env?.some(({ name }) => name === "PANNIER_TOKENS_KEYS") ?? false;
    expect(config.tokens.keys.length).toBe(shared ? 1 : 0);
  });

  it("ends by itself before the kubelet ends it", { timeout: 600_000 }, async () => {
    const objects = await rendering.render();
    const { config } = await loaded(objects);
    const period = podOf(objects).terminationGracePeriodSeconds ?? 0;
    expect(config.shutdown.grace / 1000).toBeLessThan(period);
  });

  it("has the memory that it needs to start", { timeout: 600_000 }, async () => {
    const objects = await rendering.render();
    const { config } = await loaded(objects);
    const limit = sidecarOf(objects).resources?.limits?.["memory"];
    const [, mebibytes] = /^(\d+)Mi$/.exec(String(limit)) ?? [];
    // As if each store were the one that keeps most.
    const budgets = memoryBudgets(config, new Map([...config.stores.keys()].map((name) => [name, sqliteMemory])));
    expect(littleMemory(budgets, Number(mebibytes) * 2 ** 20)).toBeUndefined();
  });
});

/** Loads as the sidecar would, in a folder that stands for the mounted ones. */
async function loaded(objects: readonly KubernetesObject[]): Promise<{ config: Config; warnings: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "pannier-deploy-"));
  try {
    const text = only<IConfigMap>(objects, "ConfigMap").data?.["pannier.yaml"] ?? "";
    await writeFile(join(folder, "password"), "secret");
    const placed = text.replace("/run/secrets/pannier", folder);
    await writeFile(join(folder, "pannier.yaml"), placed);
    const variables = sidecarOf(objects).env?.map(({ name, value }) => [name, value ?? tokenKey]) ?? [];
    const environment: Record<string, string> = Object.fromEntries(variables);
    return await loadConfiguration({ directory: folder, environment, flags: new Map() });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
