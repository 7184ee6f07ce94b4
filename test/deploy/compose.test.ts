// Facts about the compose file, as the parser of Docker Compose reads it.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { root } from "../run/tool.ts";
import { composeGo } from "../servers/renderers.ts";

interface Service {
  readonly image: string;
  readonly profiles?: readonly string[];
  readonly ports?: readonly { readonly host_ip?: string; readonly published: string }[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly network_mode?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly stop_grace_period?: string;
}

describe("the compose file", () => {
  let services: Readonly<Record<string, Service>> = {};
  beforeAll(async () => {
    const file = join(root, "deploy", "compose.yaml");
    const { stdout } = await promisify(execFile)(await composeGo(), ["-format", "json", file]);
    const project = JSON.parse(stdout) as { readonly services: Readonly<Record<string, Service>> }; // the parser's own model
    services = project.services;
  }, 600_000);

  it("starts Pannier alone unless more is asked for", () => {
    const always = Object.entries(services).filter(([, service]) => !service.profiles);
    expect(always.map(([name]) => name)).toEqual(["pannier"]);
    expect(services["pannier"]?.environment?.["PANNIER_STORES_DEFAULT_URL"]).toBe("sqlite:pannier.db");
  });

  it("has a service for every database that can be put in a container, started by its own name or by all", () => {
    const databases = Object.entries(services).filter(([, service]) => service.profiles?.includes("all"));
    expect(databases.map(([name]) => name).toSorted()).toEqual(
      "cassandra cockroachdb dynamodb kafka mariadb memcached mongodb mysql postgres redis scylla tidb".split(" "),
    );
    for (const [name, service] of databases) expect(service.profiles, name).toEqual([name, "all"]);
  });

  it("names every image with its version", () => {
    for (const service of Object.values(services)) expect(service.image).toMatch(/:v?\d[\w.-]*$/);
  });

  it("publishes on loopback, each port once, and never the data port", () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(new Set(ports.map((port) => port.host_ip))).toEqual(new Set(["127.0.0.1"]));
    const numbers = ports.map((port) => port.published);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers).toContain("7071");
    expect(numbers).not.toContain("7070");
  });

  it("calls Pannier from its own network, as a pod does", () => {
    expect(services["grpcurl"]?.network_mode).toBe("service:pannier");
    expect(services["pannier"]?.environment).not.toHaveProperty("PANNIER_LISTEN");
  });

  it("runs Pannier as Kubernetes does, with time to end", () => {
    expect(services["pannier"]).toMatchObject({ read_only: true, cap_drop: ["ALL"], stop_grace_period: "40s" });
  });
});
