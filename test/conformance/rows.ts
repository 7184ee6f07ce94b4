/** A repository as a clause uses it: plain objects in and out, every request field optional. */

import type { Call } from "../../src/model/call.ts";
import { createCall } from "../../src/model/call.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import type { Fault } from "../../src/model/fault.ts";
import type { Consistency } from "../../src/model/query.ts";
import type {
  BatchItem,
  ItemResult,
  ListRequest,
  StepOperation,
  Projected,
  ScanRequest,
  SparseKey,
  Written,
} from "../../src/repository/operation.ts";
import type { Repository } from "../../src/repository/repository.ts";
import { filter, fieldNamed, plain, sparse, toValue, type Plain, type Where } from "./plain.ts";

export interface WriteExtras {
  readonly requestId?: string;
  readonly readMask?: readonly string[];
  readonly validateOnly?: boolean;
}

export interface PreconditionExtras extends WriteExtras {
  readonly condition?: Where;
  readonly expectedVersion?: bigint;
}

export interface UpdateExtras extends PreconditionExtras {
  readonly mask?: readonly string[];
  readonly increment?: Plain;
  readonly append?: Plain;
  readonly remove?: Plain;
  readonly allowMissing?: boolean;
}

export interface DeleteExtras extends PreconditionExtras {
  readonly allowMissing?: boolean;
  readonly permanent?: boolean;
}

export interface ReadExtras {
  readonly readMask?: readonly string[];
  readonly showDeleted?: boolean;
  readonly consistency?: Consistency | undefined;
}

export type ListExtras = ReadExtras & Partial<Omit<ListRequest, "where" | "readMask">> & { readonly where?: Where };
export type ScanExtras = ReadExtras & Partial<Omit<ScanRequest, "where" | "readMask">> & { readonly where?: Where };

export interface ListedPage {
  readonly rows: readonly Plain[];
  readonly next: string;
  readonly total: number | undefined;
}

export type ItemAnswer =
  | { readonly row: Plain; readonly created: boolean; readonly trimmed: boolean }
  | { readonly nothing: true }
  | { readonly fault: Fault };

export interface WriteAnswer {
  readonly row: Plain | undefined;
  readonly created: boolean;
}

/** Ten seconds: long enough for any store, short enough for a hung one to be noticed. */
export function testCall(timeout = 10_000): Call {
  return createCall({ timeout, requestId: "conformance" }).call;
}

/** More than any clause needs; a walk over pages that goes in circles ends here. */
const MOST_PAGES = 200;

export interface Rows {
  readonly entity: EntityModel;
  readonly repository: Repository;
  create(row: Plain, extras?: WriteExtras): Promise<Plain>;
  put(row: Plain, extras?: PreconditionExtras & { readonly restore?: boolean }): Promise<WriteAnswer>;
  update(row: Plain, extras?: UpdateExtras): Promise<WriteAnswer>;
  delete(key: Plain, extras?: DeleteExtras): Promise<WriteAnswer>;
  undelete(
    key: Plain,
    extras?: { readonly expectedVersion?: bigint; readonly requestId?: string },
  ): Promise<WriteAnswer>;
  get(key: Plain, extras?: ReadExtras): Promise<Plain>;
  batchGet(keys: readonly Plain[], extras?: ReadExtras): Promise<readonly ItemAnswer[]>;
  batchWrite(
    writes: readonly BatchItem[],
    extras?: WriteExtras & { readonly atomic?: boolean },
  ): Promise<readonly ItemAnswer[]>;
  list(extras?: ListExtras): Promise<ListedPage>;
  /** All pages of a list, in order. */
  pages(extras?: ListExtras): Promise<readonly Plain[]>;
  scan(extras?: ScanExtras): Promise<readonly Plain[]>;
  count(where?: Where, extras?: { readonly allowScan?: boolean; readonly showDeleted?: boolean }): Promise<number>;
  exists(target: {
    readonly key?: Plain;
    readonly where?: Where;
    readonly allowScan?: boolean;
    readonly showDeleted?: boolean;
  }): Promise<boolean>;
  /** Requests for batches and Execute. */
  readonly op: Requests;
}

/** Builds requests without sending them. */
export interface Requests {
  create(row: Plain, extras?: WriteExtras): BatchItem & StepOperation & { readonly kind: "create" };
  update(row: Plain, extras?: UpdateExtras): BatchItem & StepOperation & { readonly kind: "update" };
  put(
    row: Plain,
    extras?: PreconditionExtras & { readonly restore?: boolean },
  ): BatchItem & StepOperation & { readonly kind: "put" };
  delete(key: Plain, extras?: DeleteExtras): BatchItem & StepOperation & { readonly kind: "delete" };
  get(key: Plain): StepOperation;
  exists(key: Plain): StepOperation;
  count(where?: Where): StepOperation;
  undelete(key: Plain): StepOperation;
}

export function createRows(repository: Repository): Rows {
  const { entity } = repository;
  const op = requests(entity);
  const shown = (item: Projected): Plain => plain(entity.message, item.record, item.fields);
  const written = (answer: Written): WriteAnswer => ({
    row: answer.entity && shown(answer.entity),
    created: answer.created,
  });
  const items = (results: readonly ItemResult[]): ItemAnswer[] => results.map((result) => itemAnswer(result, shown));
  const read = (extras: ReadExtras | undefined) => ({
    readMask: extras?.readMask,
    showDeleted: extras?.showDeleted ?? false,
    consistency: extras?.consistency,
  });
  const key = (row: Plain): SparseKey => sparseKey(entity, row);
  const where = (value: Where | undefined) => value && filter(entity, value);

  const list: Rows["list"] = async (extras = {}) => {
    const page = await repository.list(
      {
        orderBy: "",
        pageSize: 0,
        pageToken: "",
        skip: 0,
        total: "none",
        allowScan: false,
        ...extras,
        ...read(extras),
        where: where(extras.where),
      },
      testCall(),
    );
    return { rows: page.entities.map(shown), next: page.nextPageToken, total: page.totalSize };
  };

  return {
    entity,
    repository,
    op,
    list,
    async create(row, extras) {
      const answer = await repository.create(op.create(row, extras).request, testCall());
      if (!answer.entity) throw new TypeError("Create answered no entity");
      return shown(answer.entity);
    },
    put: async (row, extras) => written(await repository.put(op.put(row, extras).request, testCall())),
    update: async (row, extras) => written(await repository.update(op.update(row, extras).request, testCall())),
    delete: async (row, extras) => written(await repository.delete(op.delete(row, extras).request, testCall())),
    async undelete(row, extras) {
      const request = { key: key(row), expectedVersion: extras?.expectedVersion, ...write(extras) };
      return written(await repository.undelete(request, testCall()));
    },
    get: async (row, extras) => shown(await repository.get({ key: key(row), ...read(extras) }, testCall())),
    batchGet: async (keys, extras) =>
      items(await repository.batchGet({ keys: keys.map(key), ...read(extras) }, testCall())),
    batchWrite: async (writes, extras) =>
      items(await repository.batchWrite({ writes, atomic: extras?.atomic ?? false, ...write(extras) }, testCall())),
    async pages(extras = {}) {
      const rows: Plain[] = [];
      let token = "";
      let pages = 0;
      do {
        if (pages++ > MOST_PAGES) throw new Error(`a list came to no end after ${MOST_PAGES} pages`);
        const page = await list({ ...extras, pageToken: token });
        rows.push(...page.rows);
        token = page.next;
      } while (token !== "");
      return rows;
    },
    async scan(extras = {}) {
      const rows: Plain[] = [];
      const request: ScanRequest = {
        orderBy: "",
        pageSize: 0,
        resumeToken: "",
        parallelism: 0,
        onError: "stop",
        maxRetries: undefined,
        ...extras,
        ...read(extras),
        where: where(extras.where),
      };
      for await (const frame of repository.scan(request, testCall())) rows.push(...frame.entities.map(shown));
      return rows;
    },
    count: (condition, extras) =>
      repository.count(
        {
          where: where(condition),
          showDeleted: extras?.showDeleted ?? false,
          allowScan: extras?.allowScan ?? false,
          consistency: undefined,
        },
        testCall(),
      ),
    exists: (target) =>
      repository.exists(
        {
          key: target.key && key(target.key),
          where: where(target.where),
          target: target.key ? "key" : "where",
          showDeleted: target.showDeleted ?? false,
          allowScan: target.allowScan ?? false,
          consistency: undefined,
        },
        testCall(),
      ),
  };
}

function requests(entity: EntityModel): Requests {
  const guard = (extras: PreconditionExtras | undefined) => ({
    condition: extras?.condition && filter(entity, extras.condition),
    expectedVersion: extras?.expectedVersion,
    ...write(extras),
  });
  const message = (row: Plain | undefined) => row && sparse(entity.message, row);
  const key = (row: Plain): SparseKey => sparseKey(entity, row);
  const read = { readMask: undefined, showDeleted: false, allowScan: false, consistency: undefined };
  return {
    create: (row, extras) => ({
      kind: "create",
      method: "Create",
      entity,
      request: { entity: message(row), validateOnly: extras?.validateOnly ?? false, ...write(extras) },
    }),
    update: (row, extras) => ({
      kind: "update",
      method: "Update",
      entity,
      request: {
        entity: message(row),
        updateMask: extras?.mask,
        increment: message(extras?.increment),
        append: message(extras?.append),
        remove: message(extras?.remove),
        allowMissing: extras?.allowMissing ?? false,
        validateOnly: extras?.validateOnly ?? false,
        ...guard(extras),
      },
    }),
    put: (row, extras) => ({
      kind: "put",
      method: "Put",
      entity,
      request: {
        entity: message(row),
        validateOnly: extras?.validateOnly ?? false,
        restore: extras?.restore ?? false,
        ...guard(extras),
      },
    }),
    delete: (row, extras) => ({
      kind: "delete",
      method: "Delete",
      entity,
      request: {
        key: key(row),
        allowMissing: extras?.allowMissing ?? false,
        validateOnly: extras?.validateOnly ?? false,
        permanent: extras?.permanent ?? false,
        ...guard(extras),
      },
    }),
    get: (row) => ({ method: "Get", entity, request: { key: key(row), ...read } }),
    exists: (row) => ({
      method: "Exists",
      entity,
      request: { key: key(row), where: undefined, target: "key", ...read },
    }),
    count: (where) => ({ method: "Count", entity, request: { where: where && filter(entity, where), ...read } }),
    undelete: (row) => ({
      method: "Undelete",
      entity,
      request: { key: key(row), expectedVersion: undefined, ...write(undefined) },
    }),
  };
}

function write(extras: WriteExtras | undefined): {
  readonly requestId: string;
  readonly readMask: readonly string[] | undefined;
  readonly consistency: undefined;
} {
  return { requestId: extras?.requestId ?? "", readMask: extras?.readMask, consistency: undefined };
}

function sparseKey(entity: EntityModel, row: Plain): SparseKey {
  return entity.key.map((part) => {
    const field = entity.fields[part.ordinal];
    const value = field && row[field.name];
    return value === undefined || !field ? undefined : toValue(fieldNamed(entity.message, field.name).type, value);
  });
}

function itemAnswer(result: ItemResult, shown: (item: Projected) => Plain): ItemAnswer {
  switch (result.kind) {
    case "entity":
      return { row: shown(result.entity), created: result.created, trimmed: result.trimmed };
    case "nothing":
      return { nothing: true };
    case "fault":
      return { fault: result.fault };
  }
}
