/** Execute: operations of several entities as one. */

import type { TransactionOptions } from "../api/operation.ts";
import { Reader } from "../codec/reader.ts";
import { Writer } from "../codec/writer.ts";
import { FieldError } from "../codec/message-codec.ts";
import { invalidRequest } from "../error/status.ts";
import { writeIsolation, writeText } from "../request/options.ts";
import { ValueError } from "../value/value-error.ts";
import type { Caller, Method } from "./caller.ts";
import { PreparedOperation } from "./operation.ts";
import { withRequestId } from "./repository.ts";

const execute: Method = {
  path: "/pannier.v1.TransactionService/Execute",
  entity: undefined,
  method: "Execute",
  isRead: false,
};

export async function transact(
  caller: Caller,
  operations: readonly unknown[],
  options: TransactionOptions = {},
): Promise<unknown[]> {
  // prettier-ignore
  const prepared = operations.map((operation, i) => {
    if (operation instanceof PreparedOperation) return operation;
    throw invalidRequest("OPERATION_INVALID", `operations[${i}]`, "is no operation: make it with op of a method", execute);
  });
  const { requestId } = withRequestId(options);
  return caller.call({
    method: execute,
    request: encode(prepared, options, requestId),
    options,
    isRecorded: requestId !== undefined,
    read: (bytes) => {
      const results = readResults(bytes);
      return prepared.map(({ read }, i) => read(results[i] ?? new Uint8Array()));
    },
  });
}

function encode(
  operations: readonly PreparedOperation[],
  { isolation }: TransactionOptions,
  requestId: string | undefined,
): Uint8Array {
  // prettier-ignore
  const writer = new Writer();
  for (const { type, request } of operations) {
    writer.tag(1, 2);
    const start = writer.begin();
    writeText(writer, 1, `type.googleapis.com/${type}`);
    writer.tag(2, 2);
    writer.bytes(request);
    writer.end(start);
  }
  try {
    writeIsolation(writer, 2, isolation);
  } catch (error) {
    if (!(error instanceof ValueError) && !(error instanceof FieldError)) throw error;
    throw invalidRequest(error.reason, "isolation", error.message, execute);
  }
  writeText(writer, 3, requestId);
  return writer.finish();
}

/** The messages inside the Any of each position. */
function readResults(bytes: Uint8Array): readonly Uint8Array[] {
  const reader = new Reader(bytes);
  const results: Uint8Array[] = [];
  while (reader.at < bytes.length) {
    const tag = reader.uint32();
    if (tag !== 10) {
      reader.skip(tag);
      continue;
    }
    const end = reader.end();
    let value = new Uint8Array();
    while (reader.at < end) {
      const inner = reader.uint32();
      if (inner === 18) value = new Uint8Array(reader.bytes());
      else reader.skip(inner);
    }
    results.push(value);
  }
  return results;
}
