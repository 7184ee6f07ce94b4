// The judge itself: faults that are planted in an object are found.
import { expect, it } from "vitest";
import { faultsOf, unknownFields } from "./kubernetes-schema.ts";
import type { KubernetesObject } from "./rendered.ts";

function deployment(container: object): KubernetesObject {
  const pod = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "a", image: "a:1", ...container }] } };
  const spec = { selector: { matchLabels: { a: "b" } }, template: pod };
  const object = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "a" }, spec };
  return object;
}

it("takes a good object", async () => {
  const good = deployment({ restartPolicy: "Always" });
  expect(await faultsOf(good)).toEqual([]);
  expect(await unknownFields([good])).toBe("");
});

it("finds a value of the wrong type, deep inside", async () => {
  const [fault] = await faultsOf(deployment({ readinessProbe: { periodSeconds: "10" } }));
  expect(fault).toContain("containers/0/readinessProbe/periodSeconds must be integer");
});

it("finds a misspelt field, deep inside", async () => {
  const found = await unknownFields([deployment({ securityContext: { readOnlyRootFileSystem: true } })]);
  expect(found).toContain("'\"readOnlyRootFileSystem\"' does not exist in type 'ISecurityContext'");
});
