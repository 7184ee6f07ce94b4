// Calls that must go well, and what their answers hold.
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { Sidecar } from "./sidecar.ts";

/** @throws Error with code, reason and message when the call fails */
export async function ask(sidecar: Sidecar, method: string, request: JsonValue): Promise<JsonObject> {
  const outcome = await sidecar.call(method, request, { timeout: 30_000 });
  if (!outcome.ok) throw new Error(`${method}: ${outcome.code} ${outcome.reason} ${outcome.message}`);
  return objectOf(outcome.json);
}

/** Follows names and positions down; undefined where there is nothing. */
export function part(json: JsonValue | undefined, ...path: readonly (string | number)[]): JsonValue | undefined {
  let at = json;
  for (const step of path) {
    if (Array.isArray(at)) at = at[Number(step)];
    else at = typeof at === "object" && at !== null ? at[step] : undefined;
  }
  return at;
}

/** The objects of a repeated field; none when it is absent. */
export function objects(json: JsonObject, field: string): readonly JsonObject[] {
  const found = json[field];
  return Array.isArray(found) ? found.map(objectOf) : [];
}

export function objectOf(json: JsonValue | undefined): JsonObject {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new Error("this is no object");
  return json;
}

/** Empty when absent, as protobuf's JSON leaves out what is zero. */
export function textOf(json: JsonValue | undefined): string {
  return typeof json === "string" ? json : "";
}

/** A 64-bit number; 0 when absent. */
export function numberOf(json: JsonValue | undefined): number {
  return Number(json ?? 0);
}

/** All pages of a List, walked by its tokens; `between` runs before every page but the first. */
export async function listAll(
  sidecar: Sidecar,
  method: string,
  request: JsonObject,
  between: () => Promise<void> = async () => {},
): Promise<readonly JsonObject[]> {
  const entities: JsonObject[] = [];
  let token = "";
  do {
    const page = await ask(sidecar, method, { ...request, pageToken: token });
    entities.push(...objects(page, "entities"));
    token = textOf(page["nextPageToken"]);
    if (token !== "") await between();
  } while (token !== "");
  return entities;
}

/** All rows of a Scan. */
export async function scanAll(sidecar: Sidecar, method: string, request: JsonObject): Promise<readonly JsonObject[]> {
  const { frames, end } = await sidecar.stream(method, request);
  if (end !== undefined) throw new Error(`${method}: ${JSON.stringify(end)}`);
  return frames.flatMap((frame) => objects(objectOf(frame), "entities"));
}
