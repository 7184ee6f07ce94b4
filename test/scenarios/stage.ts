// Where scenarios play: a served sidecar full of rows, the same rows in memory, and a record of what was asked.
import { deepStrictEqual } from "node:assert/strict";
import { fromJson, toJson, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { shopRows } from "../fixtures/shop.ts";
import { triggerxRows } from "../fixtures/triggerx.ts";
import { ask, numberOf, objectOf, objects, textOf } from "../integration/ask.ts";
import { loadRows } from "../integration/load.ts";
import { startSidecar, type Sidecar } from "../integration/sidecar.ts";
import type { Kept, Rows } from "./kept.ts";

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
  readonly allRows: ReadonlyMap<string, ReadonlyMap<string, JsonObject>>;
  /** Name of its key field, as JSON has it. */
  keyField(entity: string): string;
  /** `method` is for example `UserData/Get`. */
  ask(method: string, request: JsonObject): Promise<JsonObject>;
  /** Of a call that must be refused: its reason. */
  refused(method: string, request: JsonObject): Promise<string>;
  /** Operations that happen together: `method` is as with `ask`. Answers what each answers. */
  together(operations: readonly { readonly method: string; readonly request: JsonObject }[]): Promise<Together>;
  /** All pages of a List, or all frames of a Scan. */
  readAll(method: string, request: JsonObject): Promise<readonly JsonObject[]>;
  /** What was asked since the last time. */
  takeAsked(): readonly Asked[];
  close(): Promise<void>;
}

/** What became of operations that happen together: their answers, or why none of them happened. */
export type Together =
  { readonly ok: true; readonly answers: readonly JsonObject[] } | { readonly ok: false; readonly reason: string };

const keyFields: { readonly [entity: string]: string } = {
  User: "id",
  Product: "id",
  Order: "id",
  Payment: "id",
  AuditLog: "id",
  UserData: "userAddress",
  JobData: "jobId",
  TimeJobData: "jobId",
  EventJobData: "jobId",
  ConditionJobData: "jobId",
  TaskData: "taskId",
  KeeperData: "keeperAddress",
  ApiKeyData: "key",
};

/** Page sizes from here on say no more than "many". */
const LARGE = 500;

/** The packages of the example entities, and the rows of each. */
const PACKAGES = {
  triggerx: (size: StageSize): object => triggerxRows({ ...size, jobsOfEachKind: size.rows }),
  shop: (size: StageSize): object => shopRows(size),
};

export const entityNames: readonly string[] = Object.keys(keyFields).filter((name) => name.endsWith("Data"));

export const shopEntityNames: readonly string[] = ["User", "Product", "Order", "Payment", "AuditLog"];

export interface StageSize {
  readonly seed: number;
  readonly rows: number;
  readonly of: keyof typeof PACKAGES;
  /** Of the store; nothing else differs between stores. */
  readonly url: string;
  /** Of a store that delivers no order over partitions: its configuration lets lists read everything and sort it. */
  readonly scans?: "allow";
  /** Rows of a page where a scenario asks for many: a store that sorts reads everything for each page. */
  readonly largePage?: number;
  /** Of a run in pieces; its rows are loaded without being read before (`blind_writes`) where the store can. */
  readonly kept?: Kept;
}

/** Serves the example entities in a directory of its own and loads so many rows of each. @throws Unfinished of a run in pieces */
export async function setStage(size: StageSize): Promise<Stage> {
  const { kept } = size;
  const schema = `${size.of}.v1`;
  const sidecar = await startSidecar({ yaml: configurationOf(size, "") });
  try {
    const make = (): Rows => madeRows(sidecar, size);
    const memory = kept ? await kept.rows(make) : make();
    const started = performance.now();
    if (kept) await loadInPieces(kept, size, schema);
    else
      for (const [entity, rows] of memory)
        await loadRows(sidecar, `${schema}.${entity}`, [...rows.values()], { restore: size.of === "shop" });
    const rows = [...memory.values()].reduce((sum, each) => sum + each.size, 0);
    const ms = kept?.loading ?? performance.now() - started;
    kept?.change(memory);
    return stageOf(sidecar, schema, memory, { rows, ms }, size.largePage);
  } catch (error) {
    await sidecar.dispose();
    throw error;
  }
}

async function loadInPieces(kept: Kept, size: StageSize, schema: string): Promise<void> {
  const loader = await startSidecar({ yaml: configurationOf(size, ", options: { blind_writes: true }") });
  try {
    await kept.load(loader, schema);
  } finally {
    await loader.dispose();
  }
}

function configurationOf({ url, scans, largePage }: StageSize, more: string): string {
  return `log: { level: warn }
${largePage === undefined ? "" : `limits: { max_page_size: ${largePage} }`}
stores:
  default: { url: ${JSON.stringify(url)}, restores: allow${scans ? `, scans: ${scans}` : ""}${more} }
`;
}

function madeRows(sidecar: Sidecar, size: StageSize): Rows {
  const made = Object.entries(PACKAGES[size.of](size)) as [string, readonly object[]][]; // what the fixtures are
  return new Map(
    made.map(([name, rows]) => [name.replace(`${size.of}.v1.`, ""), inMemory(sidecar, name, rows)] as const),
  );
}

/** As a client reads rows out of protobuf JSON, so that both sides are written alike. */
function inMemory(sidecar: Sidecar, entity: string, rows: readonly object[]): Map<string, JsonObject> {
  const message = sidecar.registry.getMessage(entity);
  if (!message) throw new Error(`${entity} is not served`);
  const key = keyFields[entity.replace(/^.*\./u, "")] ?? "";
  const plain = rows.map((row) => objectOf(toJson(message, fromJson(message, row as JsonObject)))); // fixtures are protobuf JSON
  return new Map(plain.map((row) => [textOf(row[key]), row]));
}

function stageOf(
  sidecar: Sidecar,
  schema: string,
  memory: ReadonlyMap<string, Map<string, JsonObject>>,
  loaded: Stage["loaded"],
  largePage: number | undefined,
): Stage {
  const asked: Asked[] = [];
  const record = (method: string, request: JsonObject, rows: number, ms: number): void => {
    let entry = asked.findLast((one) => one.method === method && shape(one.request) === shape(request));
    if (!entry) asked.push((entry = { method, request, calls: 0, rows: 0, ms: 0 }));
    entry.calls += 1;
    entry.rows += rows;
    entry.ms += ms;
  };
  const pageOf = (request: JsonObject): JsonObject =>
    largePage !== undefined && numberOf(request["pageSize"]) >= LARGE ? { ...request, pageSize: largePage } : request;
  const pathOf = (method: string): string => `${schema}.${method.replace("/", "Repository/")}`;
  const stage: Stage = {
    loaded,
    rows: (entity) => memory.get(entity) ?? new Map(),
    allRows: memory,
    keyField: (entity) => keyFields[entity] ?? "",
    ask: async (method, request) => {
      if ("allowScan" in request) throw new Error(`${method} asks for allow_scan; an index should serve it`);
      const started = performance.now();
      const answer = await ask(sidecar, pathOf(method), request);
      record(method, request, rowsIn(answer), performance.now() - started);
      return answer;
    },
    refused: async (method, request) => {
      const outcome = await sidecar.call(pathOf(method), request, { timeout: 30_000 });
      if (outcome.ok) throw new Error(`${method} was not refused`);
      return outcome.reason;
    },
    together: async (operations) => {
      const packed = operations.map(({ method, request }) => ({
        "@type": `type.googleapis.com/${pathOf(method).replace("/", "")}Request`,
        ...request,
      }));
      const started = performance.now();
      const outcome = await sidecar.call(
        "pannier.v1.TransactionService/Execute",
        { operations: packed },
        { timeout: 30_000 },
      );
      record("Execute", { operations: packed }, operations.length, performance.now() - started);
      if (!outcome.ok) return { ok: false, reason: outcome.reason };
      return { ok: true, answers: objects(objectOf(outcome.json), "results") };
    },
    readAll: async (method, asScenario) => {
      const request = pageOf(asScenario);
      if (method.endsWith("/Scan")) {
        const started = performance.now();
        const { frames, end } = await sidecar.stream(pathOf(method), request);
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
