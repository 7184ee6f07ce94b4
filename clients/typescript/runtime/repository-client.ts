/** The methods of one entity, as its types say them. */

import type { SoftDeleteClient } from "../api/entity-client.ts";
import type { CallOptions } from "../api/options.ts";
import type { Writer } from "../codec/writer.ts";
import { RowNotFoundError } from "../error/reasons.ts";
import { invalidRequest } from "../error/status.ts";
import * as requests from "../request/requests.ts";
import type { RequestOptions } from "../request/requests.ts";
import type { EntityTable } from "../schema/tables.ts";
import { readNumber, readResults, type Row } from "./answers.ts";
import type { Caller } from "./caller.ts";
import { PreparedOperation } from "./operation.ts";
import { createPaging } from "./paging.ts";
import { nothing, Repository, withRequestId, type Options } from "./repository.ts";
import { createScan } from "./scan.ts";

export function repositoryClient(entity: EntityTable, caller: Caller): SoftDeleteClient<never> {
  const repository = new Repository(entity, caller);
  const paging = createPaging(repository);
  const client = {
    ...writers(repository),
    ...readers(repository),
    ...paging,
    scan: (query: object = {}) => createScan(repository, query),
  };
  return client as unknown as SoftDeleteClient<never>; // the types are made for each entity; this is the code of all
}

function withOp<Call extends (...given: never[]) => unknown>(
  call: Call,
  op: (...given: never[]) => PreparedOperation,
): Call & { readonly op: typeof op } {
  // prettier-ignore
  return Object.assign(call, { op });
}

function writers(repository: Repository): object {
  const { entity } = repository;
  const { writeCreate, writeUpdate, writePut, writeDelete, writeUndelete } = requests;
  const whole = (bytes: Uint8Array): unknown => repository.readWhole(bytes).row;
  const written = (bytes: Uint8Array): unknown => asWritten(repository.readWhole(bytes));
  return {
    create: withOp(
      async (value: object, options?: Options) =>
        (await repository.row("Create", false, options, (to, asked) => writeCreate(to, entity, value, asked))).row,
      (value: object) => repository.operation("Create", (to) => writeCreate(to, entity, value, nothing), whole),
    ),
    update: withOp(
      async (target: object, changes: object, options?: Options) =>
        (await repository.row("Update", false, options, (to, asked) => writeUpdate(to, entity, { target, changes, asked }))).row, // prettier-ignore
      (target: object, changes: object, asked: RequestOptions = nothing) =>
        repository.operation("Update", (to) => writeUpdate(to, entity, { target, changes, asked }), whole),
    ),
    upsert: withOp(
      async (target: object, options?: Options) =>
        asWritten(
          await repository.row("Update", false, options, (to, asked) => writeUpsert(to, entity, target, asked)),
        ),
      (target: object) => repository.operation("Update", (to) => writeUpsert(to, entity, target, nothing), written),
    ),
    put: withOp(
      async (value: object, options?: Options) =>
        asWritten(await repository.row("Put", false, options, (to, asked) => writePut(to, entity, value, asked))),
      (value: object, asked: RequestOptions = nothing) =>
        repository.operation("Put", (to) => writePut(to, entity, value, asked), written),
    ),
    delete: withOp(
      async (target: object, options?: Options) =>
        (await repository.row("Delete", false, options, (to, asked) => writeDelete(to, entity, target, asked))).row,
      (target: object, asked: RequestOptions = nothing) =>
        repository.operation("Delete", (to) => writeDelete(to, entity, target, asked), whole),
    ),
    undelete: withOp(
      async (target: object, options?: Options) =>
        (await repository.row("Undelete", false, options, (to, asked) => writeUndelete(to, entity, target, asked))).row,
      (target: object, asked: RequestOptions = nothing) =>
        repository.operation("Undelete", (to) => writeUndelete(to, entity, target, asked), whole),
    ),
    batchWrite: (writes: readonly unknown[], options?: Options & { readonly atomic?: boolean }) =>
      batchWrite(repository, writes, options),
  };
}

/** An Update that may make the row; a version would forbid that. */
function writeUpsert(to: Writer, entity: EntityTable, target: object, asked: RequestOptions): void {
  requests.writeUpdate(to, entity, {
    target,
    changes: target,
    asked: { ...asked, allowMissing: true, expectedVersion: "any" },
  });
}

function asWritten({ row, created }: { readonly row: Row | undefined; readonly created: boolean }): object {
  return { entity: row, created };
}

async function batchWrite(
  repository: Repository,
  writes: readonly unknown[],
  options: (Options & { readonly atomic?: boolean }) | undefined,
): Promise<unknown> {
  // prettier-ignore
  const { entity, caller } = repository;
  const subject = { entity: entity.name, method: "BatchWrite" };
  const parts = writes.map((write, i) => {
    if (write instanceof PreparedOperation && write.entity === entity.name && write.writeNumber !== undefined)
      return { number: write.writeNumber, request: write.request };
    throw invalidRequest(
      "BATCH_ITEM_INVALID",
      `writes[${i}]`,
      `is no write of ${entity.name}: make it with op`,
      subject,
    );
  });
  const { requestId } = withRequestId(options);
  const request = repository.encode("BatchWrite", (to) =>
    requests.writeBatch(to, parts, { atomic: options?.atomic, requestId }),
  );
  const readRow = repository.rows();
  return caller.call({
    method: repository.method("BatchWrite"),
    request,
    options,
    isRecorded: requestId !== undefined,
    read: (bytes) => readResults(bytes, readRow, subject),
  });
}

function readers(repository: Repository): object {
  const { entity, caller } = repository;
  const get = async (key: object, options?: Options): Promise<Row | undefined> =>
    (await repository.row("Get", true, options, (to, asked) => requests.writeGet(to, entity, key, asked))).row;
  const whole = (bytes: Uint8Array): unknown => repository.readWhole(bytes).row;
  return {
    get: withOp(get, (key: object, asked: RequestOptions = nothing) =>
      repository.operation("Get", (to) => requests.writeGet(to, entity, key, asked), whole),
    ),
    find: async (key: object, options?: Options) => {
      try {
        return await get(key, options);
      } catch (error) {
        if (error instanceof RowNotFoundError) return undefined;
        throw error;
      }
    },
    batchGet: async (keys: readonly unknown[], options?: Options) => {
      const request = repository.encode("BatchGet", (to) =>
        requests.writeBatchGet(to, entity, keys, options ?? nothing),
      );
      const readRow = repository.rows(options);
      const subject = { entity: entity.name, method: "BatchGet" };
      return caller.call({
        method: repository.method("BatchGet", true),
        request,
        options,
        read: (bytes) => readResults(bytes, readRow, subject),
      });
    },
    count: withOp(
      (query: Options = nothing) =>
        repository.number("Count", query, (to) => requests.writeCountRequest(to, entity, query)),
      (query: RequestOptions = nothing) =>
        repository.operation("Count", (to) => requests.writeCountRequest(to, entity, query), readNumber),
    ),
    exists: withOp(
      async (query: RequestOptions & CallOptions) =>
        (await repository.number("Exists", query, (to) => requests.writeExists(to, entity, query))) === 1,
      (query: RequestOptions) =>
        repository.operation("Exists", (to) => requests.writeExists(to, entity, query), (bytes) => readNumber(bytes) === 1), // prettier-ignore
    ),
  };
}
