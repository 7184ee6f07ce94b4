// All ordinary clients that the tests and the table know.
import { env } from "node:process";
import { onPath } from "../servers/go-tool.ts";
import type { OrdinaryClient } from "./client.ts";
import { envoyClient } from "./envoy.ts";
import { connectNode, grpcGo, grpcio, grpcJava, grpcJs } from "./libraries.ts";
import { curlClient, grpcurlClient, h2loadClient } from "./tools.ts";

export const clients: readonly OrdinaryClient[] = [
  grpcGo, grpcio, grpcJs, grpcJava, connectNode, grpcurlClient, curlClient, h2loadClient, envoyClient,
]; // prettier-ignore

/** Why a client cannot be tried here; undefined where it can, and where everything has to be there: then it fails instead. */
export async function whyNot({
  name,
  needs,
  isSeldom,
}: Pick<OrdinaryClient, "name" | "needs" | "isSeldom">): Promise<string | undefined> {
  if (env["PANNIER_TEST_SERVERS"] === "all") return undefined;
  if (isSeldom) return `${name} is not tried: PANNIER_TEST_SERVERS=all has it`;
  if (env["CI"] === "true") return undefined;
  const found = await Promise.all(needs.map(onPath));
  const missing = needs.filter((_, at) => found[at] === undefined);
  return missing.length === 0 ? undefined : `${name} is not tried: ${missing.join(" and ")} not on the PATH`;
}
