/** What the headers of a request say to this transport; read once for header blocks of the same bytes. */

import type { MessageHead } from "../../http2/message-head.ts";
import { requestHead, type RequestHead } from "../call/admission.ts";
import type { DuplexMethod, ListenOptions, Method } from "../transport.ts";

export interface CallHead {
  readonly request: RequestHead;
  readonly method: Method | DuplexMethod | undefined;
  /** Of names in lower case; several values are joined, as node:http2 does. Binary values are not in it. */
  readonly metadata: ReadonlyMap<string, string>;
  /** As they came. */
  readonly fields: MessageHead["section"]["fields"];
}

export function callHead({ section: { fields } }: MessageHead, methods: ListenOptions["methods"]): CallHead {
  const raw: string[] = [];
  const metadata = new Map<string, string>();
  for (const { name, value } of fields) {
    raw.push(name, value);
    const before = metadata.get(name);
    if (!name.endsWith("-bin")) metadata.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const request = requestHead(raw, (name) => metadata.get(name));
  return { request, method: methods.get(request.path), metadata, fields };
}
