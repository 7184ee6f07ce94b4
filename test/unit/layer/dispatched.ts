/** Repositories of two entities of one store on memory, behind layers, and every method that can be asked of them. */

import type { Adapter } from "../../../src/adapter/adapter.ts";
import { dispatchEntity, dispatchStore } from "../../../src/layer/dispatch/dispatch.ts";
import type { Layer } from "../../../src/layer/layer.ts";
import type { Call } from "../../../src/model/call.ts";
import { createRepository } from "../../../src/repository/create-repository.ts";
import type { EntityDispatcher, StoreDispatcher } from "../../../src/repository/dispatcher.ts";
import type {
  AnswerOf,
  EntityMethod,
  Method,
  RequestOf,
  ScanFrame,
  StepOperation,
} from "../../../src/repository/operation.ts";
import {
  counting,
  creating,
  deleting,
  existing,
  fixture,
  getting,
  listing,
  order,
  other,
  putting,
  scanning,
  transactionsOf,
  undeleting,
  updating,
  type FixtureOptions,
} from "../repository/fixture.ts";

export interface Dispatched {
  readonly orders: EntityDispatcher;
  readonly store: StoreDispatcher;
  readonly call: Call;
  /** What the store was asked: read, write and so on. */
  readonly asked: string[];
  perform<Of extends EntityMethod>(method: Of, request: RequestOf<Of>): Promise<AnswerOf<Of>>;
  execute(operations: readonly StepOperation[]): Promise<AnswerOf<"Execute">>;
}

export interface Layering {
  /** Around calls, and around their parts unless `parts` says otherwise. */
  readonly layers: readonly Layer[];
  /** Around the operations of an Execute: what whoever puts the house together could forget. */
  readonly parts?: readonly Layer[];
  /** Around those of the second entity. */
  readonly otherParts?: readonly Layer[];
  readonly limits?: FixtureOptions["limits"];
}

export async function dispatched(layering: Layering): Promise<Dispatched> {
  const { layers, parts = layers, otherParts = parts, limits = {} } = layering;
  const asked: string[] = [];
  const { options, call } = await fixture({ limits, wrap: (adapter) => noting(adapter, asked) });
  const repository = createRepository(options);
  const orders = dispatchEntity({ entity: order, layers, repository: () => repository });
  const transactions = transactionsOf(options, { ...options, entity: other });
  const store = dispatchStore({
    layers,
    entities: [
      { entity: order, layers: parts },
      { entity: other, layers: otherParts },
    ],
    transactions,
    // What is read is nothing to layers: the whole comes to them, and no part of it.
    collections: { query: () => Promise.resolve({ items: [], nextPageToken: "", partition: "" }) },
  });
  return {
    orders,
    store,
    call,
    asked,
    perform: (method, request) => orders.perform({ method, entity: order, request }, call),
    execute: (operations) => {
      const request = { operations, isolation: undefined, requestId: "" };
      return store.perform({ method: "Execute", entity: undefined, request }, call);
    },
  };
}

function noting(adapter: Adapter, asked: string[]): Adapter {
  return {
    ...adapter,
    read: (request, call) => (asked.push("read"), adapter.read(request, call)),
    write: (request, call) => (asked.push("write"), adapter.write(request, call)),
    scan: (plan, window, call) => (asked.push("scan"), adapter.scan(plan, window, call)),
    execute: (request, call) => (asked.push("execute"), adapter.execute!(request, call)),
  };
}

/** Each method, done once, and what a layer must see of it. */
export const everyMethod: {
  readonly [Of in Method | "Scan"]: {
    readonly run: (on: Dispatched) => Promise<unknown>;
    readonly seen: readonly string[];
  };
} = {
  Create: { run: (on) => on.perform("Create", creating({ id: "1" })), seen: ["Create"] },
  Get: { run: (on) => on.perform("Get", getting("1")), seen: ["Get"] },
  BatchGet: {
    run: (on) => on.perform("BatchGet", { ...reading, keys: [["t", "1"], ["t", "9"]] }),
    seen: ["BatchGet", "BatchGet[0].Get", "BatchGet[1].Get"],
  },
  List: { run: (on) => on.perform("List", listing({ allowScan: true })), seen: ["List"] },
  Scan: { run: (on) => framesOf(on.orders.scan({ method: "Scan", entity: order, request: scanning() }, on.call)), seen: ["Scan"] },
  Count: { run: (on) => on.perform("Count", counting({ allowScan: true })), seen: ["Count"] },
  Exists: { run: (on) => on.perform("Exists", existing({ key: ["t", "1"], target: "key" })), seen: ["Exists"] },
  Update: { run: (on) => on.perform("Update", updating({ id: "1", status: 2 })), seen: ["Update"] },
  Put: { run: (on) => on.perform("Put", putting({ id: "1" })), seen: ["Put"] },
  Delete: { run: (on) => on.perform("Delete", deleting("1")), seen: ["Delete"] },
  Undelete: { run: (on) => on.perform("Undelete", undeleting("1")), seen: ["Undelete"] },
  BatchWrite: {
    run: (on) =>
      on.perform("BatchWrite", {
        ...writing,
        atomic: false,
        writes: [
          { kind: "create", request: creating({ id: "2" }) },
          { kind: "update", request: updating({ id: "2", status: 2 }) },
          { kind: "put", request: putting({ id: "3" }) },
          { kind: "delete", request: deleting("3") },
        ],
      }),
    seen: ["BatchWrite", "BatchWrite[0].Create", "BatchWrite[1].Update", "BatchWrite[2].Put", "BatchWrite[3].Delete"],
  },
  Query: {
    run: (on) => {
      const asked = { isOpen: false, index: "", sortKey: undefined, descending: false, pageSize: 0, pageToken: "" };
      const partition = { kind: "text", text: "t" } as const;
      const rest = { consistency: undefined, readMask: undefined };
      const request = { ...asked, entities: [order, other], partition, showDeleted: false, ...rest };
      return on.store.perform({ method: "Query", entity: undefined, request }, on.call);
    },
    seen: ["Query"],
  },
  Execute: {
    run: (on) =>
      on.execute([
        { method: "Create", entity: other, request: creating({ id: "4" }) },
        { method: "Get", entity: other, request: getting("4") },
        { method: "Update", entity: order, request: updating({ id: "2", status: 3 }) },
        { method: "Put", entity: order, request: putting({ id: "5" }) },
        { method: "Delete", entity: order, request: deleting("5") },
        { method: "Undelete", entity: order, request: undeleting("5") },
        { method: "Exists", entity: order, request: existing({ key: ["t", "5"], target: "key" }) },
        { method: "Count", entity: other, request: counting({ allowScan: true }) },
      ]),
    seen: [
      "Execute", "Execute[0].Create", "Execute[1].Get", "Execute[2].Update", "Execute[3].Put", "Execute[4].Delete",
      "Execute[5].Undelete", "Execute[6].Exists", "Execute[7].Count",
    ],
  },
}; // prettier-ignore

export const reading = { readMask: undefined, showDeleted: false, consistency: undefined } as const;
export const writing = { requestId: "", readMask: undefined, consistency: undefined } as const;

async function framesOf(frames: AsyncIterable<ScanFrame>): Promise<readonly ScanFrame[]> {
  const all: ScanFrame[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}
