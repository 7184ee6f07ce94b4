// Where scenarios play: a served sidecar full of rows, the same rows in memory, and a record of what was asked.
import { deepStrictEqual } from "node:assert/strict";
import { fromJson, toJson, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { triggerxRows } from "../fixtures/triggerx.ts";
import { ask, objectOf, objects, textOf } from "../integration/ask.ts";
import { loadRows } from "../integration/load.ts";
import { startSidecar, type Sidecar } from "../integration/sidecar.ts";

export interface Scenario {
  readonly name: string;
  /** @throws AssertionError where an answer is not what the rows in memory say */
  readonly play: (stage: Stage) => Promise<void>;
}

/** Calls of one method, one after another or at once. */
export interface Asked {
  readonly method: string;
  /** The first of the requests; the others name the same fields. */
  readonly request: JsonObject;
  calls: number;
  rows: number;
  /** Milliseconds of all the calls together; calls at once overlap. */
  ms: number;
}

export interface Stage {
  readonly loaded: { readonly rows: number; readonly ms: number };
  /** Rows of an entity as they should be now, by key; scenarios that write change them alike. */
  rows(entity: string): Map<string, JsonObject>;
  /** Name of its key field, as JSON has it. */
  keyField(entity: string): string;
  /** `method` is for example `UserData/Get`. */
  ask(method: string, request: JsonObject): Promise<JsonObject>;
  /** All pages of a List, or all frames of a Scan. */
  readAll(method: string, request: JsonObject): Promise<readonly JsonObject[]>;
  /** What was asked since the last time. */
  takeAsked(): readonly Asked[];
  close(): Promise<void>;
}

const keyFields: { readonly [entity: string]: string } = {
  UserData: "userAddress",
  JobData: "jobId",
  TimeJobData: "jobId",
  EventJobData: "jobId",
  ConditionJobData: "jobId",
  TaskData: "taskId",
  KeeperData: "keeperAddress",
  ApiKeyData: "key",
};

export const entityNames: readonly string[] = Object.keys(keyFields);

export interface StageSize {
  readonly seed: number;
  readonly rows: number;
  /** Of the store; nothing else differs between stores. */
  readonly url: string;
  /** Of a store that delivers no order over partitions: its configuration lets lists read everything and sort it. */
  readonly scans?: "allow";
}

/** Serves the example entities in a directory of its own and loads so many rows of each. */
export async function setStage(size: StageSize): Promise<Stage> {
  const rows = triggerxRows({ ...size, jobsOfEachKind: size.rows });
  const environment = {
    PANNIER_LOG_LEVEL: "warn",
    PANNIER_STORES_DEFAULT_URL: size.url,
    ...(size.scans && { PANNIER_STORES_DEFAULT_SCANS: size.scans }),
  };
  const sidecar = await startSidecar({ environment });
  const memory = new Map<string, Map<string, JsonObject>>();
  let loaded = 0;
  let ms = 0;
  for (const [name, made] of Object.entries(rows)) {
    const entity = name.replace("triggerx.v1.", "");
    memory.set(entity, inMemory(sidecar, entity, made));
    const started = performance.now();
    await loadRows(sidecar, name, made);
    ms += performance.now() - started;
    loaded += made.length;
  }
  return stageOf(sidecar, memory, { rows: loaded, ms });
}

/** As a client reads rows out of protobuf JSON, so that both sides are written alike. */
function inMemory(sidecar: Sidecar, entity: string, rows: readonly object[]): Map<string, JsonObject> {
  const message = sidecar.registry.getMessage(`triggerx.v1.${entity}`);
  if (!message) throw new Error(`${entity} is not served`);
  const key = keyFields[entity] ?? "";
  const plain = rows.map((row) => objectOf(toJson(message, fromJson(message, row as JsonObject)))); // fixtures are protobuf JSON
  return new Map(plain.map((row) => [textOf(row[key]), row]));
}

function stageOf(
  sidecar: Sidecar,
  memory: ReadonlyMap<string, Map<string, JsonObject>>,
  loaded: Stage["loaded"],
): Stage {
  const asked: Asked[] = [];
  const record = (method: string, request: JsonObject, rows: number, ms: number): void => {
    let entry = asked.findLast((one) => one.method === method && shape(one.request) === shape(request));
    if (!entry) asked.push((entry = { method, request, calls: 0, rows: 0, ms: 0 }));
    entry.calls += 1;
    entry.rows += rows;
    entry.ms += ms;
  };
  const stage: Stage = {
    loaded,
    rows: (entity) => memory.get(entity) ?? new Map(),
    keyField: (entity) => keyFields[entity] ?? "",
    ask: async (method, request) => {
      if ("allowScan" in request) throw new Error(`${method} asks for allow_scan; an index should serve it`);
      const started = performance.now();
      const answer = await ask(sidecar, `triggerx.v1.${method.replace("/", "Repository/")}`, request);
      record(method, request, rowsIn(answer), performance.now() - started);
      return answer;
    },
    readAll: async (method, request) => {
      if (method.endsWith("/Scan")) {
        const started = performance.now();
        const path = `triggerx.v1.${method.replace("/", "Repository/")}`;
        const { frames, end } = await sidecar.stream(path, request);
        if (end) throw new Error(`${method}: ${JSON.stringify(end)}`);
        const rows = frames.flatMap((frame) => objects(objectOf(frame), "entities"));
        record(method, request, rows.length, performance.now() - started);
        return rows;
      }
      const rows: JsonObject[] = [];
      let pageToken = "";
      do {
        const page = await stage.ask(method, { ...request, pageToken });
        rows.push(...objects(page, "entities"));
        pageToken = textOf(page["nextPageToken"]);
      } while (pageToken !== "");
      return rows;
    },
    takeAsked: () => asked.splice(0),
    close: () => sidecar.dispose(),
  };
  return stage;
}

/** The names in a request, without the values: what two requests have in common that ask the same of other rows. */
function shape(json: JsonValue): string {
  if (Array.isArray(json)) return `[${json[0] === undefined ? "" : shape(json[0])}]`;
  if (typeof json !== "object" || json === null) return "";
  const names = Object.entries(json).filter(([name]) => name !== "pageToken");
  return `{${names.map(([name, value]) => `${name}:${shape(value)}`).join()}}`;
}

function rowsIn(answer: JsonObject): number {
  if ("entity" in answer) return 1;
  return objects(answer, "entities").length + objects(answer, "results").length;
}

/** Fields that are sets: their order says nothing. */
const sets: readonly string[] = ["jobIds", "taskIds"];

/** Equal rows in the same order. @throws AssertionError */
export function sameRows(actual: readonly JsonObject[], expected: readonly JsonObject[]): void {
  deepStrictEqual(actual.map(settled), expected.map(settled));
}

/** Equal rows, whatever their order. @throws AssertionError */
export function sameSet(actual: readonly JsonObject[], expected: readonly JsonObject[], key: string): void {
  const byKey = (a: JsonObject, b: JsonObject): number => compareText(textOf(a[key]), textOf(b[key]));
  sameRows(actual.toSorted(byKey), expected.toSorted(byKey));
}

function settled(row: JsonObject): JsonObject {
  const inOrder = sets.flatMap((field) => (Array.isArray(row[field]) ? [[field, row[field].map(textOf).toSorted()]] : []));
  return { ...row, ...Object.fromEntries(inOrder) };
} // prettier-ignore

/** By code point; the fixtures' keys and moments are ASCII, where that is how JavaScript compares. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
