/** What every method of one entity needs: its paths, its requests encoded, its rows read. */

import { randomUUID } from "node:crypto";
import type { CallOptions } from "../api/options.ts";
import { FieldError } from "../codec/message-codec.ts";
import { Writer } from "../codec/writer.ts";
import { invalidRequest } from "../error/status.ts";
import type { RequestOptions } from "../request/requests.ts";
import type { EntityTable } from "../schema/tables.ts";
import { ValueError } from "../value/value-error.ts";
import { readNumber, readRowAnswer, rowReader, type ReadRow, type Row } from "./answers.ts";
import type { Caller, Method } from "./caller.ts";
import { PreparedOperation } from "./operation.ts";

export type Options = (RequestOptions & CallOptions) | undefined;
const writeNumbers = { Create: 1, Update: 2, Put: 3, Delete: 4 } as const;

/** One for all requests: each is whole before the next begins. */
const writer = new Writer();

export class Repository {
  readonly entity: EntityTable;
  readonly caller: Caller;
  readonly #methods = new Map<string, Method>();
  readonly #whole: ReadRow;

  constructor(entity: EntityTable, caller: Caller) {
    this.entity = entity;
    this.caller = caller;
    this.#whole = rowReader(entity, undefined);
  }

  method(name: string, isRead: boolean = false): Method {
    const known = this.#methods.get(name);
    if (known) return known;
    const made = { path: `/${this.entity.service}/${name}`, entity: this.entity.name, method: name, isRead };
    this.#methods.set(name, made);
    return made;
  }

  rows({ fields }: { readonly fields?: readonly string[] | undefined } = {}): ReadRow {
    return fields === undefined ? this.#whole : rowReader(this.entity, fields);
  }

  /** @throws InvalidRequestError for what does not fit */
  encode(method: string, write: (writer: Writer) => void): Uint8Array {
    try {
      write(writer);
      return writer.finish();
    } catch (error) {
      writer.clear();
      const subject = { entity: this.entity.name, method };
      if (error instanceof FieldError) throw invalidRequest(error.reason, error.path, error.problem, subject);
      if (error instanceof ValueError) throw invalidRequest(error.reason, "request", error.message, subject);
      throw error;
    }
  }

  /** One row asked for, or written. */
  async row(
    name: string,
    isRead: boolean,
    options: Options,
    write: (writer: Writer, asked: RequestOptions) => void,
  ): Promise<{ readonly row: Row | undefined; readonly created: boolean }> {
    // prettier-ignore
    const asked = withRequestId(options);
    const request = this.encode(name, (target) => write(target, asked));
    const readRow = this.rows(asked);
    return this.caller.call({
      method: this.method(name, isRead),
      request,
      options,
      isRecorded: asked.requestId !== undefined,
      read: (bytes) => readRowAnswer(bytes, readRow),
    });
  }

  async number(name: string, options: Options, write: (writer: Writer) => void): Promise<number> {
    const request = this.encode(name, write);
    return this.caller.call({ method: this.method(name, true), request, options, read: readNumber });
  }

  operation(name: string, write: (writer: Writer) => void, read: (bytes: Uint8Array) => unknown): PreparedOperation {
    const writeNumber = name in writeNumbers ? writeNumbers[name as keyof typeof writeNumbers] : undefined;
    return new PreparedOperation(this.entity, name, { request: this.encode(name, write), writeNumber, read });
  }

  readWhole(bytes: Uint8Array): { readonly row: Row | undefined; readonly created: boolean } {
    return readRowAnswer(bytes, this.#whole);
  }
}

export const nothing: RequestOptions = {};

/** True stands for one that is made here. */
export function withRequestId(options: object | undefined): RequestOptions {
  if (options === undefined) return nothing;
  const asked: Omit<RequestOptions, "requestId"> & { readonly requestId?: string | true | undefined } = options;
  return asked.requestId === true ? { ...asked, requestId: randomUUID() } : { ...asked, requestId: asked.requestId };
}
