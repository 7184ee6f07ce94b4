// Provides the programs that turn the files of deploy/ into what a cluster or an engine is given, so that the tests judge that and not a guess at it.
import { env } from "node:process";
import { goTool, onPath } from "./go-tool.ts";

/** Answers the path of a kustomize executable; building it takes about 10 s. See goTool for where it comes from and when it throws. */
export async function kustomize(): Promise<string> {
  return goTool({
    name: "kustomize",
    package: "sigs.k8s.io/kustomize/kustomize/v5",
    version: "v5.6.0",
    namedBy: "PANNIER_TEST_KUSTOMIZE",
  });
}

/** Why Helm is not tried; undefined where it is. Building it takes as long as all other tools together. */
export async function whyNoHelm(): Promise<string | undefined> {
  const isGiven = (env["PANNIER_TEST_HELM"] ?? "") !== "" || env["PANNIER_TEST_SERVERS"] === "all";
  if (isGiven || (await onPath("helm")) !== undefined) return undefined;
  return "Helm is not tried: it is not installed, and PANNIER_TEST_SERVERS=all builds it";
}

/** Answers the path of a Helm 3 executable; building it takes about three minutes of CPU. */
export async function helm(): Promise<string> {
  return goTool({
    name: "helm",
    package: "helm.sh/helm/v3/cmd/helm",
    version: "v3.22.0",
    namedBy: "PANNIER_TEST_HELM",
  });
}

/** Answers the path of compose-go, the parser inside Docker Compose, which checks a file against the Compose specification and prints its model. */
export async function composeGo(): Promise<string> {
  return goTool({
    name: "compose-go",
    package: "github.com/compose-spec/compose-go/v2/cmd",
    version: "v2.16.2",
    namedBy: "PANNIER_TEST_COMPOSE_GO",
  });
}
