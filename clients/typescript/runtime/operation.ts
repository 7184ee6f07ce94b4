/** Operations as data: a request that is encoded, and how its answer is read. */

import type { EntityTable } from "../schema/tables.ts";

export class PreparedOperation {
  readonly method: string;
  readonly entity: string;
  /** Of the request message, without what stands before the slash. */
  readonly type: string;
  readonly request: Uint8Array;
  /** Its number in the Write message of a batch; undefined where it is no write of a batch. */
  readonly writeNumber: number | undefined;
  readonly read: (bytes: Uint8Array) => unknown;

  constructor(
    entity: EntityTable,
    method: string,
    { request, writeNumber, read }: Pick<PreparedOperation, "request" | "writeNumber" | "read">,
  ) {
    this.method = method;
    this.entity = entity.name;
    this.type = `${entity.api}Repository${method}Request`;
    this.request = request;
    this.writeNumber = writeNumber;
    this.read = read;
  }
}
