/** What a call begins with. */

import type { Connection } from "../../http2/connection.ts";
import type { Stream } from "../../http2/stream.ts";
import type { DuplexMethod, Method } from "../transport.ts";
import type { CallHead } from "./head.ts";
import type { Server, StreamOwner } from "./server.ts";

/** The connection a call came on. */
export interface CallLine {
  readonly http2: Connection<CallHead, StreamOwner>;
  /** Tells that there is something to be sent. */
  wake(): void;
}

export interface Opening {
  readonly server: Server;
  readonly line: CallLine;
  readonly stream: Stream<StreamOwner>;
  readonly head: CallHead;
  readonly method: Method | DuplexMethod;
  readonly requestId: string;
  /** Milliseconds from now; Infinity for none. */
  readonly timeout: number;
}
